package io.millrace.cdc.apply;

import io.millrace.cdc.event.Row;
import java.util.List;

/**
 * What one transaction does to one row, with the ledger rows that mark it.
 *
 * @param key the entity's key
 * @param kind what to do
 * @param keyValues the converted key ({@link TargetSession#convertKey})
 * @param values converted fields ({@link TargetSession#convert}) without the key: all that is known
 *     for an upsert or insert, what changes for an update, empty else
 * @param entries ledger rows to write first; at least one
 */
public record RowWrite(
    EntityKey key, Kind kind, Row keyValues, Row values, List<LedgerEntry> entries) {
  /** What is done to the row. */
  public enum Kind {
    /** Insert or update, whichever fits. */
    UPSERT,
    /** The row is known to be missing. */
    INSERT,
    /** The row is known to exist, and locked. */
    UPDATE,
    /** Remove it where it exists. */
    DELETE,
    /** Only the ledger moves. */
    NONE
  }

  /** Copies the entries. */
  public RowWrite {
    entries = List.copyOf(entries);
  }

  /** Highest hops among the entries. */
  public int hops() {
    return entries.stream().mapToInt(LedgerEntry::hops).max().orElse(0);
  }
}
