package io.millrace.cdc.mysql;

import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the log says about a table before its rows. Made once per version of a table. Used by one
 * thread.
 *
 * @param captured what to make of its rows; null where it is not captured
 * @param ledger whether it is an applier's ledger
 * @param heartbeat whether pipelines write their heartbeats into it
 * @param columns empty unless it is read
 * @param readers of the columns' values, in their order
 * @param names of the fields, one for each shown column
 * @param shown indexes of the columns that are part of the events
 * @param keyColumns indexes of the columns that name a row, in key order
 * @param rowEnd index of the column that ends a row of a system-versioned table, which is no part
 *     of the key; -1 for other tables
 * @param changes names what an update changed; null where the table is not captured
 * @param fingerprint of names, types and everything else the log says
 */
record TableMap(
    String database,
    String table,
    @Nullable CapturedTable captured,
    boolean ledger,
    boolean heartbeat,
    List<Column> columns,
    ValueReader[] readers,
    FieldNames names,
    int[] shown,
    int[] keyColumns,
    FieldNames keyNames,
    int rowEnd,
    @Nullable ChangedFields changes,
    String fingerprint) {
  private static final FieldNames NONE = FieldNames.of();

  /** A table whose rows are passed over. */
  static TableMap other(String database, String table) {
    return withoutColumns(database, table, null);
  }

  /** Stands for a captured table that a statement emptied. */
  static TableMap truncated(CapturedTable table) {
    return withoutColumns(table.database(), table.table(), table);
  }

  private static TableMap withoutColumns(
      String database, String table, @Nullable CapturedTable captured) {
    return new TableMap(
        database,
        table,
        captured,
        false,
        false,
        List.of(),
        new ValueReader[0],
        NONE,
        new int[0],
        new int[0],
        NONE,
        -1,
        null,
        "");
  }

  /** The state that the events carry, of an image that may lack columns. */
  Row partialState(Value[] image) {
    return isPartial(image) ? partial(image) : state(image);
  }

  /** The state that the events carry, of an image with all columns, which is given away. */
  Row state(Value[] image) {
    if (shown.length == image.length) {
      return Row.wrap(names, image, false);
    }
    Value[] values = new Value[shown.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = image[shown[i]];
    }
    return Row.wrap(names, values, false);
  }

  /** Whether a column that is part of the events is not in an image. */
  @SuppressWarnings("ReferenceEquality") // one instance stands for what is missing
  boolean isPartial(Value[] image) {
    for (int column : shown) {
      if (image[column] == RowCursor.MISSING) {
        return true;
      }
    }
    return false;
  }

  @SuppressWarnings("ReferenceEquality")
  private Row partial(Value[] image) {
    Row.Builder row = Row.builder().partial(true);
    for (int i = 0; i < shown.length; i++) {
      if (image[shown[i]] != RowCursor.MISSING) {
        row.put(names.get(i), image[shown[i]]);
      }
    }
    return row.build();
  }

  /** The names of what an update changed; null where nothing did that matters. */
  @Nullable List<String> changedFields(boolean[] changed) {
    return Objects.requireNonNull(changes, "changes").of(changed);
  }

  /** Whether rows of it are understood where columns are missing: not of our own tables. */
  boolean mayBePartial() {
    return captured != null && !OutboxTable.is(captured);
  }

  /** Whether its rows are decoded. */
  boolean isRead() {
    return ledger || heartbeat || captured != null;
  }

  String qualified() {
    return database + "." + table;
  }
}
