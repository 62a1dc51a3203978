package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.internal.Connections;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the server says about itself over SQL. Every call opens and closes a connection. */
final class ServerCatalog implements TableMapParser.Lookup {
  /** What a server says that takes no writes: a replica, maybe one that is being promoted. */
  static final Set<Integer> READ_ONLY = Set.of(1290, 1836);

  private final Connections connections;
  private final String address;
  private final Map<Integer, String> charsets = new HashMap<>();

  ServerCatalog(SourceSettings settings) {
    this.connections = settings.server().connections();
    this.address = settings.address();
  }

  /** Work on one connection. */
  interface Work<T extends @Nullable Object> {
    T with(Connection connection) throws SQLException;
  }

  /** Runs work on a connection of its own. */
  <T extends @Nullable Object> T on(String what, Work<T> work) {
    try (Connections.Lent lent = connections.take()) {
      return work.with(lent.connection());
    } catch (SQLException e) {
      throw new SourceException(
          String.format(Locale.ROOT, "%s: cannot %s: %s", address, what, e.getMessage()),
          e,
          passes(e));
    }
  }

  private static boolean passes(SQLException e) {
    if (READ_ONLY.contains(e.getErrorCode())) {
      return true; // a replica that is being promoted
    }
    String state = e.getSQLState();
    return !(e instanceof SQLInvalidAuthorizationSpecException)
        && (state == null
            || state.startsWith("08")
            || e instanceof SQLTransientException
            || e instanceof SQLRecoverableException
            || e instanceof SQLNonTransientConnectionException);
  }

  /** All rows of a query, each value as text. */
  static List<List<@Nullable String>> rows(Connection connection, String sql, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet result = statement.executeQuery()) {
        int columns = result.getMetaData().getColumnCount();
        List<List<@Nullable String>> rows = new ArrayList<>();
        while (result.next()) {
          List<@Nullable String> row = new ArrayList<>(columns);
          for (int i = 1; i <= columns; i++) {
            row.add(result.getString(i));
          }
          rows.add(row);
        }
        return rows;
      }
    }
  }

  /** All rows of a query, each value by its column's name in lower case; null is empty. */
  static List<Map<String, String>> named(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet result = statement.executeQuery()) {
      ResultSetMetaData columns = result.getMetaData();
      List<Map<String, String>> rows = new ArrayList<>();
      while (result.next()) {
        Map<String, String> row = new HashMap<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
          String value = result.getString(i);
          row.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT), value == null ? "" : value);
        }
        rows.add(row);
      }
      return rows;
    }
  }

  /** One value, empty where there is no row or it is null. */
  static String value(Connection connection, String sql, String... parameters) throws SQLException {
    List<List<@Nullable String>> rows = rows(connection, sql, parameters);
    String value = rows.isEmpty() ? null : rows.get(0).get(0);
    return value == null ? "" : value;
  }

  /** A global variable, empty where the server has none of that name. */
  static String variable(Connection connection, String name) throws SQLException {
    List<List<@Nullable String>> rows =
        rows(connection, "show global variables where variable_name = '" + name + "'");
    String value = rows.isEmpty() ? null : rows.get(0).get(1);
    return value == null ? "" : value;
  }

  static Flavour flavour(Connection connection) throws SQLException {
    return value(connection, "select version()").contains("MariaDB")
        ? Flavour.MARIADB
        : Flavour.MYSQL;
  }

  @Override
  public @Nullable String charset(int collation) {
    if (charsets.isEmpty()) {
      on("read its collations", this::loadCharsets);
    }
    return charsets.get(collation);
  }

  private boolean loadCharsets(Connection connection) throws SQLException {
    String sql =
        flavour(connection) == Flavour.MARIADB
            ? "select id, character_set_name from information_schema.collation_character_set_applicability"
            : "select id, character_set_name from information_schema.collations";
    for (List<@Nullable String> row : rows(connection, sql)) {
      String id = row.get(0);
      String charset = row.get(1);
      if (id != null && charset != null) {
        charsets.put(Integer.parseInt(id), charset);
      }
    }
    return true;
  }

  @Override
  public Map<String, TableMapParser.Declared> declared(String database, String table) {
    return on(
        "read the columns of " + database + "." + table,
        connection -> {
          Map<String, TableMapParser.Declared> columns = new HashMap<>();
          String sql =
              "select column_name, data_type, generation_expression from information_schema.columns"
                  + " where table_schema = ? and table_name = ?";
          for (List<@Nullable String> row : rows(connection, sql, database, table)) {
            String type = String.valueOf(row.get(1)).toLowerCase(Locale.ROOT);
            String generation = row.get(2);
            columns.put(
                String.valueOf(row.get(0)),
                new TableMapParser.Declared(type, generation == null ? "" : generation));
          }
          return columns;
        });
  }
}
