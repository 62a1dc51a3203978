package io.millrace.cdc.mysql;

import io.millrace.cdc.event.FieldNames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the log says about a table before its rows. Immutable; made once per version of a table.
 *
 * @param captured what to make of its rows; null where it is not captured
 * @param ledger whether it is an applier's ledger
 * @param columns empty unless captured or ledger
 * @param keyColumns indexes of the columns that name a row, in key order
 * @param fingerprint of names, types and everything else the log says
 */
record TableMap(
    String database,
    String table,
    @Nullable CapturedTable captured,
    boolean ledger,
    List<Column> columns,
    FieldNames names,
    int[] keyColumns,
    FieldNames keyNames,
    String fingerprint) {
  private static final FieldNames NONE = FieldNames.of();

  /** A table whose rows are passed over. */
  static TableMap other(String database, String table) {
    return new TableMap(database, table, null, false, List.of(), NONE, new int[0], NONE, "");
  }

  /** Stands for a captured table that a statement emptied. */
  static TableMap truncated(CapturedTable table) {
    return new TableMap(
        table.database(), table.table(), table, false, List.of(), NONE, new int[0], NONE, "");
  }

  /** Whether its rows are decoded. */
  boolean isRead() {
    return ledger || captured != null;
  }

  String qualified() {
    return database + "." + table;
  }
}
