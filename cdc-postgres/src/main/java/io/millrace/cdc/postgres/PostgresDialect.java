package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.apply.jdbc.ColumnType;
import io.millrace.cdc.apply.jdbc.KeyUse;
import io.millrace.cdc.apply.jdbc.LedgerGroup;
import io.millrace.cdc.apply.jdbc.SqlDialect;
import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.apply.jdbc.TargetTable;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Ambient;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL as a target. Values travel as text and are cast by the server, so that no driver
 * setting can change them.
 */
final class PostgresDialect implements SqlDialect {
  private static final int MAX_PARAMETERS = 32_767;

  /**
   * What the session needs, so that text forms lose nothing and do not depend on the user's
   * settings.
   */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "TimeZone",
          "UTC",
          "DateStyle",
          "ISO, YMD",
          "IntervalStyle",
          "postgres",
          "extra_float_digits",
          "1",
          "bytea_output",
          "hex",
          "lc_monetary",
          "C");

  @Override
  public String name() {
    return "PostgreSQL";
  }

  @Override
  public List<String> ddl() {
    return PostgresTargetTables.DDL;
  }

  @Override
  public String ownTable(String plainName) {
    return "millrace." + plainName;
  }

  @Override
  public boolean installed(Connection connection) throws SQLException {
    return PostgresTargetTables.installed(connection);
  }

  @Override
  public Restore prepare(Connection connection, Duration limit) throws SQLException {
    int isolation = connection.getTransactionIsolation();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    Map<String, String> settings = new LinkedHashMap<>(SETTINGS);
    // A little less than this side waits: the server's message says more than a closed socket.
    settings.put("statement_timeout", Long.toString(Math.max(1, limit.toMillis() * 9 / 10)));
    settings.put("idle_in_transaction_session_timeout", Long.toString(limit.toMillis()));
    Map<String, String> before = new LinkedHashMap<>();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT current_setting(?), set_config(?, ?, false)")) {
        statement.setString(1, setting.getKey());
        statement.setString(2, setting.getKey());
        statement.setString(3, setting.getValue());
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          before.put(setting.getKey(), rows.getString(1));
        }
      }
    }
    return () -> {
      connection.setTransactionIsolation(isolation);
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT set_config(?, ?, false)")) {
        for (Map.Entry<String, String> setting : before.entrySet()) {
          statement.setString(1, setting.getKey());
          statement.setString(2, setting.getValue());
          statement.execute();
        }
      }
    };
  }

  @Override
  public void begin(Connection connection) throws SQLException {
    // A deferred constraint must refuse the event that breaks it, not the whole transaction at its
    // end.
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
    }
  }

  @Override
  public @Nullable TargetTable describe(Connection connection, String table) throws SQLException {
    return PostgresCatalog.describe(connection, table);
  }

  @Override
  public KeyUse keyUse(Connection connection, TargetTable table) throws SQLException {
    return PostgresKeyUse.read(connection, table);
  }

  @Override
  public Optional<OwnLog> ownLog(Connection connection) throws SQLException {
    return PostgresTargetTables.ownLog(connection);
  }

  @Override
  public void settleOwnEpoch(Connection connection) throws SQLException {
    OwnEpoch.settle(connection, Ambient.clock());
  }

  @Override
  public Failure classify(SQLException failure) {
    String state = failure.getSQLState();
    if (state == null) {
      return Failure.RETRY;
    }
    if (state.equals("23505")) {
      return Failure.UNIQUE;
    }
    // 21 one statement touches a row twice, 22 data, 23 constraint, 44 view's check, P0 a trigger's
    // RAISE, 54 too large for an index
    return switch (state.substring(0, 2)) {
      case "21", "22", "23", "44", "54", "P0" -> Failure.DATA;
      default -> Failure.RETRY;
    };
  }

  @Override
  public int maxParameters() {
    return MAX_PARAMETERS;
  }

  @Override
  public boolean storesSpecial(ColumnType type) {
    return true;
  }

  @Override
  public List<String> rawTypePrefixes() {
    return List.of("postgres:");
  }

  @Override
  public String placeholder(TargetColumn column) {
    return "CAST(? AS " + column.castType() + ")";
  }

  @Override
  public void bind(PreparedStatement statement, int index, TargetColumn column, Value value)
      throws SQLException {
    if (value.isNull()) {
      statement.setNull(index, Types.VARCHAR);
    } else {
      statement.setString(index, PostgresText.write(value));
    }
  }

  @Override
  public int maxRows(int columns) {
    return PostgresArrays.MAX_ROWS;
  }

  @Override
  public String rows(List<TargetColumn> columns, int rows) {
    return rows == 1 ? SqlDialect.super.rows(columns, 1) : PostgresArrays.select(columns);
  }

  @Override
  public void bindRows(
      PreparedStatement statement, List<TargetColumn> columns, int rows, Cells cells)
      throws SQLException {
    if (rows == 1) {
      SqlDialect.super.bindRows(statement, columns, 1, cells);
      return;
    }
    for (int column = 0; column < columns.size(); column++) {
      PostgresArrays.bind(statement, column + 1, rows, cells, column);
    }
  }

  @Override
  public String any(TargetColumn column, int values) {
    return values == 1
        ? SqlDialect.super.any(column, values)
        : "= ANY (CAST(CAST(? AS text[]) AS " + column.castType() + "[]))";
  }

  @Override
  public void bindAny(PreparedStatement statement, TargetColumn column, int values, Cells cells)
      throws SQLException {
    if (values == 1) {
      SqlDialect.super.bindAny(statement, column, values, cells);
    } else {
      PostgresArrays.bind(statement, 1, values, cells, 0);
    }
  }

  @Override
  public String anyText(int texts) {
    return "= ANY (?)";
  }

  @Override
  public void bindAnyText(PreparedStatement statement, int from, List<String> texts)
      throws SQLException {
    PostgresArrays.bindTexts(statement, from, texts);
  }

  @Override
  public String readExpression(TargetColumn column) {
    return column.sqlName() + "::text";
  }

  @Override
  public Value read(ResultSet rows, int index, TargetColumn column) throws SQLException {
    String text = rows.getString(index);
    return text == null ? Value.NULL : PostgresText.read(text, column);
  }

  @Override
  public void bindText(PreparedStatement statement, int index, String text) throws SQLException {
    statement.setString(index, PostgresText.ownText(text));
  }

  @Override
  public String readText(ResultSet rows, int index) throws SQLException {
    return rows.getString(index);
  }

  @Override
  public String epochMicros(String column) {
    return "(extract(epoch FROM " + column + ") * 1000000)::bigint";
  }

  @Override
  public String insertModifier() {
    return "OVERRIDING SYSTEM VALUE "; // identity columns take the event's number
  }

  @Override
  public String upsertClause(List<TargetColumn> key, List<TargetColumn> others) {
    String target =
        " ON CONFLICT ("
            + String.join(", ", key.stream().map(TargetColumn::sqlName).toList())
            + ")";
    if (others.isEmpty()) {
      return target + " DO NOTHING";
    }
    List<String> sets =
        others.stream().map(c -> c.sqlName() + " = excluded." + c.sqlName()).toList();
    return target + " DO UPDATE SET " + String.join(", ", sets);
  }

  @Override
  public void writeLedger(Connection connection, LedgerGroup group) throws SQLException {
    PostgresLedger.write(connection, group);
  }
}
