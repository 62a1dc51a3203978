package io.millrace.cdc.apply;

import org.jspecify.annotations.Nullable;

/**
 * A compare-and-set of one partition's offset.
 *
 * @param partition of the channel
 * @param expected what this owner believes is stored; null where nothing was stored
 * @param next the first offset that will not be applied after this transaction
 */
public record OffsetStep(int partition, @Nullable Long expected, long next) {}
