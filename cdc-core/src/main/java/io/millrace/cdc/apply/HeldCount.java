package io.millrace.cdc.apply;

/**
 * How much waits in a target.
 *
 * @param events waiting events, parked ones included
 * @param parkedKeys keys that wait for a person
 */
public record HeldCount(long events, long parkedKeys) {}
