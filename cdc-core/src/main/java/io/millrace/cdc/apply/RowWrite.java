package io.millrace.cdc.apply;

import io.millrace.cdc.event.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction does to one row, with the ledger rows that mark it.
 *
 * @param key the entity's key
 * @param kind what to do
 * @param keyValues the converted key ({@link TargetSession#convertKey})
 * @param values converted fields ({@link TargetSession#convert}) without the key: all that is known
 *     for an upsert or insert, what changes for an update, empty else
 * @param entries ledger rows to write first; at least one. Those of a key change are about two keys
 * @param from the converted key that the row has before a key change; of an upsert, how its key was
 *     written before it was removed and made again with an equal number of another type; null else
 */
public record RowWrite(
    EntityKey key,
    Kind kind,
    Row keyValues,
    Row values,
    List<LedgerEntry> entries,
    @Nullable Row from) {
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
    /**
     * The row of another key becomes this one and keeps whatever is not among the values, with what
     * refers to it; a row that has this key already goes. Where there is no row of the other key,
     * as {@link #UPSERT}.
     */
    MOVE,
    /** As {@link #MOVE}, without values; where there is no row of the other key, nothing. */
    RENAME,
    /** Only the ledger moves. */
    NONE
  }

  /** What leaves the row's key as it is. */
  public RowWrite(EntityKey key, Kind kind, Row keyValues, Row values, List<LedgerEntry> entries) {
    this(key, kind, keyValues, values, entries, null);
  }

  /** Copies the entries. */
  public RowWrite {
    entries = List.copyOf(entries);
  }

  /** The converted key that an entry is about. */
  public Row keyOf(LedgerEntry entry) {
    return from == null || entry.key().equals(key) ? keyValues : from;
  }

  /** Highest hops among the entries. */
  public int hops() {
    return entries.stream().mapToInt(LedgerEntry::hops).max().orElse(0);
  }
}
