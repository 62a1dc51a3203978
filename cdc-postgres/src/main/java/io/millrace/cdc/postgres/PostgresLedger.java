package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.jdbc.ColumnType;
import io.millrace.cdc.apply.jdbc.LedgerGroup;
import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.apply.jdbc.TargetTable;
import io.millrace.cdc.event.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * Writes ledger rows that mark what follows, and tells the change log's trigger about it in the
 * same statement.
 */
final class PostgresLedger {
  private static final int ROWS_PER_STATEMENT = 1000;
  private static final String START =
      "INSERT INTO millrace.ledger AS l (applier, entity, id, log, version, state, shadow, mark_table, mark_key, mark, hops, xid,"
          + " applied_at, format) SELECT ?, v.entity, v.id, v.log, v.version, v.state, v.shadow, v.mark_table, v.mark_key, ?, v.hops,"
          + " pg_current_xact_id(), clock_timestamp(), 1 FROM (SELECT set_config('millrace.origin', 'v1:' || pg_current_xact_id()"
          + " || ?::text, true) AS origin) o, (VALUES ";
  private static final String END =
      ") v(entity, id, log, version, state, shadow, hops, mark_table, mark_key) WHERE o.origin IS NOT NULL"
          + " ON CONFLICT (applier, entity, id, log) DO UPDATE SET version = excluded.version, state = excluded.state,"
          + " shadow = excluded.shadow, mark_table = excluded.mark_table, mark_key = excluded.mark_key, mark = excluded.mark,"
          + " hops = excluded.hops, xid = excluded.xid, applied_at = excluded.applied_at, format = excluded.format";

  private static final String WHOLE_TABLE = "[]";
  private static final String ENTRY =
      "(?::text, ?::text, ?::text, ?::bytea, ?::smallint, ?::bytea, ?::integer, ?::text, ";

  private PostgresLedger() {}

  static void write(Connection connection, LedgerGroup group, PostgresDialect dialect)
      throws SQLException {
    String marked = ENTRY + keyExpression(group.keyColumns()) + ")";
    String wholeTable = ENTRY + "'" + WHOLE_TABLE + "')";
    String unmarked = ENTRY + "NULL::text)";
    for (int from = 0; from < group.rows().size(); from += ROWS_PER_STATEMENT) {
      List<LedgerGroup.Entry> chunk =
          group.rows().subList(from, Math.min(group.rows().size(), from + ROWS_PER_STATEMENT));
      StringBuilder sql = new StringBuilder(START);
      String separator = "";
      for (LedgerGroup.Entry entry : chunk) {
        Row key = entry.key();
        sql.append(separator)
            .append(key == null ? unmarked : key.size() == 0 ? wholeTable : marked);
        separator = ", ";
      }
      try (PreparedStatement statement = connection.prepareStatement(sql.append(END).toString())) {
        statement.setString(1, group.applier());
        statement.setLong(2, group.mark());
        statement.setString(3, ":" + group.mark() + ":" + group.hops() + ":" + group.applier());
        int index = 4;
        for (LedgerGroup.Entry entry : chunk) {
          index = bind(statement, index, group, entry, dialect);
        }
        statement.executeUpdate();
      }
    }
  }

  /** The same text that the trigger makes of the row's key columns. */
  private static String keyExpression(List<TargetColumn> keyColumns) {
    List<String> values = keyColumns.stream().map(PostgresLedger::keyValue).toList();
    return "jsonb_build_array(" + String.join(", ", values) + ")::text";
  }

  /** Numbers without their trailing zeros: 1.0 finds the row 1.00, which keeps its spelling. */
  private static String keyValue(TargetColumn column) {
    String value = "CAST(? AS " + column.fullType() + ")";
    return column.type() == ColumnType.DECIMAL ? "trim_scale(" + value + ")" : value;
  }

  private static int bind(
      PreparedStatement statement,
      int from,
      LedgerGroup group,
      LedgerGroup.Entry row,
      PostgresDialect dialect)
      throws SQLException {
    LedgerEntry entry = row.entry();
    TargetTable table = group.table();
    Row key = row.key();
    dialect.bindText(statement, from, entry.key().entity());
    dialect.bindText(statement, from + 1, entry.key().id());
    dialect.bindText(statement, from + 2, entry.log());
    statement.setBytes(from + 3, entry.version());
    statement.setInt(from + 4, entry.deleted() ? 2 : 1);
    statement.setBytes(from + 5, entry.shadow());
    statement.setInt(from + 6, entry.hops());
    statement.setString(from + 7, key == null || table == null ? null : table.name());
    int index = from + 8;
    if (key != null) {
      for (int i = 0; i < key.size(); i++) {
        dialect.bind(statement, index++, group.keyColumns().get(i), key.value(i));
      }
    }
    return index;
  }
}
