package io.millrace.examples.monolith;

import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A side on PostgreSQL or MariaDB. */
final class JdbcSite implements Site {
  private final String side;
  private final Database database;
  private final boolean postgres;

  JdbcSite(String side, Database database) {
    this.side = side;
    this.database = database;
    this.postgres = database.jdbcUrl().startsWith("jdbc:postgresql");
  }

  @Override
  public String side() {
    return side;
  }

  @Override
  public String label() {
    return postgres ? "PostgreSQL" : "MariaDB";
  }

  Database database() {
    return database;
  }

  private List<Table> tables() {
    return postgres ? Shop.service() : Shop.monolith();
  }

  @Override
  public void create() throws SQLException {
    try (Connection connection = connect()) {
      Shop.create(connection, postgres ? Shop.SERVICE_DDL : Shop.MONOLITH_DDL);
    }
  }

  @Override
  public Session open() throws SQLException {
    return new JdbcSession(side, tables(), connect());
  }

  @Override
  public Map<String, Map<String, Map<String, @Nullable String>>> read() throws SQLException {
    Map<String, Map<String, Map<String, @Nullable String>>> rows = new LinkedHashMap<>();
    try (Connection connection = connect()) {
      for (Table table : tables()) {
        rows.put(table.entity(), table.readAll(connection));
      }
    }
    return rows;
  }

  @Override
  public boolean looksUp() {
    return false;
  }

  @Override
  public List<String> endpoint() {
    return List.of(
        database.server().host(),
        Integer.toString(database.server().port()),
        database.name(),
        database.jdbcUrl(),
        database.user());
  }

  @Override
  public String password() {
    return database.password();
  }

  @Override
  public Map<String, Long> sizes() throws SQLException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Connection connection = connect()) {
      sizes.put(
          "sessions",
          count(
              connection,
              postgres
                  ? "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                  : "SELECT count(*) FROM information_schema.processlist WHERE db = database()"));
      sizes.put(
          "ledger",
          count(
              connection,
              "SELECT count(*) FROM " + (postgres ? "millrace.ledger" : "millrace_ledger")));
      long rows = 0;
      for (Table table : tables()) {
        rows += count(connection, "SELECT count(*) FROM " + table.table());
      }
      sizes.put("rows", rows);
      if (postgres) {
        sizes.put("change log", count(connection, "SELECT count(*) FROM millrace.change_log"));
      }
    }
    return sizes;
  }

  private static long count(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** A session in UTC, so that plain text of a time is the same on both sides. */
  private Connection connect() throws SQLException {
    Connection connection = database.dataSource().getConnection();
    Shop.create(connection, List.of(postgres ? "SET TIME ZONE 'UTC'" : "SET time_zone = '+00:00'"));
    return connection;
  }
}
