package io.millrace.cdc.apply;

/**
 * What the target knows of one partition.
 *
 * @param next the first offset not applied yet
 * @param incarnation of the channel it was stored for
 * @param partitions the channel's number of partitions then
 */
public record StoredOffset(long next, String incarnation, int partitions) {}
