package io.millrace.cdc.apply;

import org.jspecify.annotations.Nullable;

/**
 * One row of the ledger.
 *
 * @param key what it is about
 * @param log the log whose event was applied; empty for the fold row of a shared entity
 * @param version bytes of the version of the last event applied from that log; empty for a fold row
 * @param deleted whether the last event was a delete (a tombstone)
 * @param shadow encoded fold state; only in a fold row
 * @param hops of the event
 */
@SuppressWarnings("ArrayRecordComponent") // read and written as they are, never compared
public record LedgerEntry(
    EntityKey key,
    String log,
    byte[] version,
    boolean deleted,
    byte @Nullable [] shadow,
    int hops) {
  /** Value of {@code log} in the fold row. */
  public static final String FOLD_LOG = "";
}
