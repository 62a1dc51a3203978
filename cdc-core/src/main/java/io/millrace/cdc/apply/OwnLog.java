package io.millrace.cdc.apply;

/**
 * The log of the target database, where that is captured.
 *
 * @param log its name
 * @param epoch its current epoch
 */
public record OwnLog(String log, long epoch) {}
