package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.ColumnType;
import io.millrace.cdc.apply.jdbc.LedgerGroup;
import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.apply.jdbc.TargetTable;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Invariant;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes ledger rows that mark what follows, and tells the change log's trigger about it in the
 * same statement.
 */
final class PostgresLedger {
  private static final String START =
      "INSERT INTO millrace.ledger AS l (applier, entity, id, log, version, state, shadow, mark_table, mark_key, mark, hops, xid,"
          + " applied_at, format) SELECT ?, v.entity, v.id, v.log, v.version, v.state, v.shadow, v.mark_table, ";
  private static final String MIDDLE =
      ", ?, v.hops, pg_current_xact_id(), clock_timestamp(), 1 FROM (SELECT set_config('millrace.origin',"
          + " 'v1:' || pg_current_xact_id() || ?::text, true) AS origin) o, unnest(CAST(? AS text[]), CAST(? AS text[]),"
          + " CAST(? AS text[]), CAST(? AS bytea[]), CAST(? AS int2[]), CAST(? AS bytea[]), CAST(? AS int4[]), CAST(? AS text[])";
  private static final String NAMES =
      ") AS v(entity, id, log, version, state, shadow, hops, mark_table";
  private static final String END =
      ") WHERE o.origin IS NOT NULL"
          + " ON CONFLICT (applier, entity, id, log) DO UPDATE SET version = excluded.version, state = excluded.state,"
          + " shadow = excluded.shadow, mark_table = excluded.mark_table, mark_key = excluded.mark_key, mark = excluded.mark,"
          + " hops = excluded.hops, xid = excluded.xid, applied_at = excluded.applied_at, format = excluded.format";

  private static final int FIRST_ARRAY = 4;
  private static final String WHOLE_TABLE = "[]";
  private static final int EXISTS = 1;
  private static final int DELETED = 2;

  private PostgresLedger() {}

  static void write(Connection connection, LedgerGroup group) throws SQLException {
    List<LedgerGroup.Entry> rows = group.rows();
    for (int from = 0; from < rows.size(); from += PostgresArrays.MAX_ROWS) {
      List<LedgerGroup.Entry> chunk =
          rows.subList(from, Math.min(rows.size(), from + PostgresArrays.MAX_ROWS));
      // Without a table there is no key, and a whole table's mark stands alone.
      boolean marked = chunk.stream().anyMatch(row -> size(row) > 0);
      List<TargetColumn> keys = marked ? group.keyColumns() : List.of();
      try (PreparedStatement statement = connection.prepareStatement(sql(keys))) {
        statement.setString(1, group.applier());
        statement.setLong(2, group.mark());
        statement.setString(3, ":" + group.mark() + ":" + group.hops() + ":" + group.applier());
        bind(statement, group, chunk, keys.size());
        statement.executeUpdate();
      }
    }
  }

  private static String sql(List<TargetColumn> keys) {
    StringBuilder arrays = new StringBuilder();
    StringBuilder names = new StringBuilder();
    List<String> values = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      String name = PostgresArrays.name(i);
      arrays.append(", CAST(? AS text[])");
      names.append(", ").append(name);
      values.add(keyValue(keys.get(i), "v." + name));
    }
    return START + markKey(values) + MIDDLE + arrays + NAMES + names + END;
  }

  /** The same text that the trigger makes of the row's key columns, where there is a first one. */
  private static String markKey(List<String> values) {
    String whole = "CASE WHEN v.mark_table IS NOT NULL THEN '" + WHOLE_TABLE + "' END";
    return values.isEmpty()
        ? whole
        : "CASE WHEN v.c0 IS NULL THEN "
            + whole
            + " ELSE jsonb_build_array("
            + String.join(", ", values)
            + ")::text END";
  }

  /** Numbers without their trailing zeros: 1.0 finds the row 1.00, which keeps its spelling. */
  private static String keyValue(TargetColumn column, String text) {
    String value = "CAST(" + text + " AS " + column.fullType() + ")";
    return column.type() == ColumnType.DECIMAL ? "trim_scale(" + value + ")" : value;
  }

  private static void bind(
      PreparedStatement statement, LedgerGroup group, List<LedgerGroup.Entry> chunk, int keys)
      throws SQLException {
    TargetTable table = group.table();
    Arrays arrays = new Arrays(statement, chunk);
    arrays.texts(row -> row.entry().key().entity());
    arrays.texts(row -> row.entry().key().id());
    arrays.texts(row -> row.entry().log());
    arrays.bytes(row -> row.entry().version());
    arrays.numbers("int2", row -> (short) (row.entry().deleted() ? DELETED : EXISTS));
    arrays.bytes(row -> row.entry().shadow());
    arrays.numbers("int4", row -> row.entry().hops());
    arrays.texts(row -> row.key() == null || table == null ? null : table.name());
    for (int i = 0; i < keys; i++) {
      int column = i;
      arrays.texts(row -> size(row) == 0 ? null : keyText(row, column));
    }
  }

  private static String keyText(LedgerGroup.Entry row, int column) {
    Value value = Objects.requireNonNull(row.key()).value(column);
    Invariant.that(!value.isNull(), "a key of %s without a value", row.entry().key());
    return PostgresText.write(value);
  }

  /** Sets one array after the other. */
  private static final class Arrays {
    private final PreparedStatement statement;
    private final List<LedgerGroup.Entry> rows;
    private int index = FIRST_ARRAY;

    Arrays(PreparedStatement statement, List<LedgerGroup.Entry> rows) {
      this.statement = statement;
      this.rows = rows;
    }

    void texts(Function<LedgerGroup.Entry, @Nullable String> text) throws SQLException {
      PostgresArrays.bindTexts(statement, index++, rows.stream().map(text).toList());
    }

    void bytes(Function<LedgerGroup.Entry, byte @Nullable []> bytes) throws SQLException {
      PostgresArrays.set(
          statement, index++, "bytea", rows.stream().map(bytes).toArray(byte[][]::new));
    }

    void numbers(String type, Function<LedgerGroup.Entry, Number> number) throws SQLException {
      PostgresArrays.set(statement, index++, type, rows.stream().map(number).toArray());
    }
  }

  private static int size(LedgerGroup.Entry row) {
    Row key = row.key();
    return key == null ? 0 : key.size();
  }
}
