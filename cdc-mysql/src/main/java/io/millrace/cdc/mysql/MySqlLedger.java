package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.jdbc.LedgerGroup;
import io.millrace.cdc.apply.jdbc.TargetTable;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** Writes ledger rows; the binlog reader takes consecutive ones for the marks of what follows. */
final class MySqlLedger {
  private static final int ROWS_PER_STATEMENT = 1000;
  private static final String START =
      "INSERT INTO millrace_ledger (applier, entity, id, log, version, state, shadow, mark_table, mark_key, mark, hops, applied_at, format)"
          + " VALUES ";
  private static final String ENTRY = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), 1)";

  // The number of its group tells the reader where one group ends and the next begins. It is new
  // with each group, so that the server logs the row even where an apply is repeated.
  private static final String END =
      " ON DUPLICATE KEY UPDATE version = VALUES(version), state = VALUES(state), shadow = VALUES(shadow), mark_table = VALUES(mark_table),"
          + " mark_key = VALUES(mark_key), mark = VALUES(mark), hops = VALUES(hops), applied_at = VALUES(applied_at), format = VALUES(format)";

  private MySqlLedger() {}

  static void write(Connection connection, LedgerGroup group, MySqlDialect dialect)
      throws SQLException {
    for (int from = 0; from < group.rows().size(); from += ROWS_PER_STATEMENT) {
      List<LedgerGroup.Entry> chunk =
          group.rows().subList(from, Math.min(group.rows().size(), from + ROWS_PER_STATEMENT));
      String sql = START + ENTRY + (", " + ENTRY).repeat(chunk.size() - 1) + END;
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        int index = 1;
        for (LedgerGroup.Entry row : chunk) {
          index = bind(statement, index, group, row, dialect);
        }
        statement.executeUpdate();
      }
    }
  }

  private static int bind(
      PreparedStatement statement,
      int from,
      LedgerGroup group,
      LedgerGroup.Entry row,
      MySqlDialect dialect)
      throws SQLException {
    LedgerEntry entry = row.entry();
    TargetTable table = group.table();
    Row key = row.key();
    dialect.bindText(statement, from, group.applier());
    dialect.bindText(statement, from + 1, entry.key().entity());
    dialect.bindText(statement, from + 2, entry.key().id());
    dialect.bindText(statement, from + 3, entry.log());
    statement.setBytes(from + 4, entry.version());
    statement.setInt(from + 5, entry.deleted() ? 2 : 1);
    statement.setBytes(from + 6, entry.shadow());
    dialect.bindText(statement, from + 7, key == null || table == null ? "" : table.name());
    dialect.bindText(statement, from + 8, key == null ? "" : CanonicalId.of(key));
    statement.setLong(from + 9, group.mark());
    statement.setInt(from + 10, entry.hops());
    return from + 11;
  }
}
