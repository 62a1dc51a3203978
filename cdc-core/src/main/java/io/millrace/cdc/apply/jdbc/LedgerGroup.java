package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.event.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ledger rows that stand directly before one table's statements and mark what these write.
 *
 * @param applier name of the applier
 * @param mark the group's number: one for all its rows, and higher than that of any group before
 * @param table the table written next; null where none is
 * @param keyColumns its key's columns, in key order
 * @param rows what to write
 */
public record LedgerGroup(
    String applier,
    long mark,
    @Nullable TargetTable table,
    List<TargetColumn> keyColumns,
    List<Entry> rows) {
  /**
   * One ledger row.
   *
   * @param entry what was applied
   * @param key converted key of the row that is written next; without any field where every row of
   *     the table is, null where none is
   */
  public record Entry(LedgerEntry entry, @Nullable Row key) {}

  /** Highest hops among the rows. */
  public int hops() {
    return rows.stream().mapToInt(row -> row.entry().hops()).max().orElse(0);
  }
}
