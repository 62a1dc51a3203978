package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.apply.jdbc.ColumnType;
import io.millrace.cdc.apply.jdbc.KeyUse;
import io.millrace.cdc.apply.jdbc.LedgerGroup;
import io.millrace.cdc.apply.jdbc.SqlDialect;
import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.apply.jdbc.TargetTable;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** MySQL and MariaDB as a target. */
final class MySqlDialect implements SqlDialect {
  private static final int MAX_PARAMETERS = 65_535;
  private static final int DUPLICATE_KEY = 1062;

  /** Refusals of data that the server files under a general SQLSTATE. */
  private static final Set<Integer> DATA_CODES =
      Set.of(
          1048, // column cannot be null
          1118, // row too large
          1138, // null where none may be
          1153, // packet too large; alone, the event may fit
          1264, // out of range
          1265, // data truncated
          1292, // wrong date or number
          1300, // invalid character string
          1364, // no default value
          1366, // wrong value for the character set or type
          1406, // too long
          1416, // geometry
          1441, // date overflow
          1525, // wrong value
          1644, // a trigger's SIGNAL
          1690, // out of range
          1713, // undo log record too large
          3140, // invalid JSON
          3819, // check constraint, MySQL
          4025); // check constraint, MariaDB

  /** A right on a database, a table, a column or anything else is missing. */
  private static final Set<Integer> RIGHTS_CODES = Set.of(1044, 1142, 1143, 1227, 1345, 1370);

  @Override
  public String name() {
    return "MySQL";
  }

  @Override
  public List<String> ddl() {
    return MySqlTargetTables.DDL;
  }

  @Override
  public String ownTable(String plainName) {
    return "millrace_" + plainName;
  }

  @Override
  public boolean installed(Connection connection) throws SQLException {
    return MySqlTargetTables.installed(connection);
  }

  @Override
  public Restore prepare(Connection connection, Duration limit) throws SQLException {
    return MySqlTargetSession.prepare(connection, limit);
  }

  @Override
  public void begin(Connection connection) {
    // The first statement begins it; there are no deferred constraints.
  }

  @Override
  public @Nullable TargetTable describe(Connection connection, String table) throws SQLException {
    return MySqlTargetCatalog.describe(connection, table);
  }

  @Override
  public KeyUse keyUse(Connection connection, TargetTable table) throws SQLException {
    return MySqlTargetCatalog.keyUse(connection, table);
  }

  @Override
  public Optional<OwnLog> ownLog(Connection connection) throws SQLException {
    return MySqlTargetTables.ownLog(connection);
  }

  @Override
  public Failure classify(SQLException failure) {
    if (failure.getErrorCode() == DUPLICATE_KEY) {
      return Failure.UNIQUE;
    }
    if (DATA_CODES.contains(failure.getErrorCode())) {
      return Failure.DATA;
    }
    String state = failure.getSQLState();
    boolean data =
        state != null
            && (state.startsWith("22")
                || state.startsWith("23")
                || state.startsWith("44")
                || state.startsWith("45"));
    return data ? Failure.DATA : Failure.RETRY;
  }

  @Override
  public boolean lacksRight(SQLException failure) {
    return RIGHTS_CODES.contains(failure.getErrorCode());
  }

  @Override
  public int maxParameters() {
    return MAX_PARAMETERS;
  }

  @Override
  public boolean storesSpecial(ColumnType type) {
    return false; // no NaN, no infinity
  }

  @Override
  public List<String> rawTypePrefixes() {
    return List.of("mysql:", "mariadb:");
  }

  @Override
  public String placeholder(TargetColumn column) {
    return "?";
  }

  @Override
  public void bind(PreparedStatement statement, int index, TargetColumn column, Value value)
      throws SQLException {
    MySqlTargetValues.bind(statement, index, value);
  }

  @Override
  public String readExpression(TargetColumn column) {
    return MySqlTargetValues.readExpression(column);
  }

  @Override
  public Value read(ResultSet rows, int index, TargetColumn column) throws SQLException {
    return MySqlTargetValues.read(rows, index, column);
  }

  @Override
  public void bindText(PreparedStatement statement, int index, String text) throws SQLException {
    statement.setBytes(index, text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String readText(ResultSet rows, int index) throws SQLException {
    return new String(rows.getBytes(index), StandardCharsets.UTF_8);
  }

  @Override
  public String epochMicros(String column) {
    return "timestampdiff(microsecond, '1970-01-01', " + column + ")";
  }

  @Override
  public String insertModifier() {
    return "";
  }

  @Override
  public String upsertClause(List<TargetColumn> key, List<TargetColumn> others) {
    List<String> sets = new ArrayList<>();
    for (TargetColumn column : others) {
      sets.add(column.sqlName() + " = VALUES(" + column.sqlName() + ")");
    }
    if (sets.isEmpty()) {
      sets.add(key.get(0).sqlName() + " = " + key.get(0).sqlName());
    }
    return " ON DUPLICATE KEY UPDATE " + String.join(", ", sets);
  }

  @Override
  public void writeLedger(Connection connection, LedgerGroup group) throws SQLException {
    MySqlLedger.write(connection, group, this);
  }
}
