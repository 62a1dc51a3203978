package io.millrace.examples.copy;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MissingServerException;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.examples.monolith.Journal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Both servers with their databases, as clerks and judge use them: plain JDBC. */
final class Databases implements AutoCloseable {
  private final Database source;
  private final Database target;

  /** The server to close; null where the target lies on the shared one. */
  private final @Nullable SqlServer dedicated;

  private Databases(Database source, Database target, @Nullable SqlServer dedicated) {
    this.source = source;
    this.target = target;
    this.dedicated = dedicated;
  }

  /** MySQL where it is asked for or there is one, MariaDB else; two servers of it. */
  static Databases start(String kind) {
    if (!kind.equals("mariadb")) {
      try {
        return of(MySqlServer.shared(), true);
      } catch (MissingServerException e) {
        if (kind.equals("mysql")) {
          throw e;
        }
      }
    }
    return of(MariaDbServer.shared(), false);
  }

  private static Databases of(SqlServer shared, boolean mysql) {
    SqlServer dedicated = null;
    try {
      dedicated = mysql ? MySqlServer.startDedicated() : MariaDbServer.startDedicated();
    } catch (MissingServerException e) {
      // One that was given by its address must do for both.
    }
    SqlServer second = dedicated == null ? shared : dedicated;
    return new Databases(
        shared.createDatabase("shop"), second.createDatabase("reports"), dedicated);
  }

  Database source() {
    return source;
  }

  Database target() {
    return target;
  }

  String label() {
    return source.server().kind().label() + (dedicated == null ? ", one server" : ", two servers");
  }

  /** What a process needs to reach one of them, but for the password. */
  static List<String> endpoint(Database database) {
    return List.of(
        database.server().host(),
        Integer.toString(database.server().port()),
        database.name(),
        database.jdbcUrl(),
        database.user());
  }

  Connection connectToSource() throws SQLException {
    return connect(source);
  }

  Connection connectToTarget() throws SQLException {
    return connect(target);
  }

  /** In UTC, so that plain text of a time is the same on both sides. */
  private static Connection connect(Database database) throws SQLException {
    Connection connection = database.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET time_zone = '+00:00'");
    }
    return connection;
  }

  /**
   * Tables and rows of both, before anything is captured: the target has most rows of the source as
   * they were, an older state of some, lacks some, and has some of its own.
   */
  void create(long seed) throws SQLException {
    source.execute(CopiedTables.SOURCE_DDL.toArray(String[]::new));
    target.execute(CopiedTables.TARGET_DDL.toArray(String[]::new));
    Content content = new Content(new Random(seed));
    try (Connection from = connectToSource();
        Connection to = connectToTarget()) {
      for (CopiedTable table : CopiedTables.ALL) {
        for (int n = Rows.FIRST_SEEDED; n <= Rows.LAST_LASTING; n++) {
          Map<String, @Nullable String> row =
              content.row(table, Rows.given(table, Rows.numbered(table, n), n));
          if (n >= Rows.FIRST_LASTING && table.is("customer")) {
            row.put("country", "FR");
          }
          table.source().insert(from, row);
          plant(table, row, n, content, to);
        }
      }
      for (int n = Rows.FIRST_FOREIGN; n <= Rows.LAST_FOREIGN; n++) {
        Map<String, @Nullable String> row = customer(content, n);
        row.put("country", "US");
        CopiedTables.CUSTOMER.source().insert(from, row);
        plantOwn(content, n, to);
      }
      for (int n = Rows.FIRST_TARGETS_OWN; n <= Rows.LAST_TARGETS_OWN; n++) {
        plantOwn(content, n, to);
      }
    }
    target.execute(
        "UPDATE client SET score = " + Rows.PLANTED_VALUE,
        "UPDATE item SET shelf = " + Rows.PLANTED_VALUE);
  }

  private static Map<String, @Nullable String> customer(Content content, int number) {
    return content.row(
        CopiedTables.CUSTOMER, Map.of("id", Integer.toString(number), "country", "DE"));
  }

  private static void plant(
      CopiedTable table,
      Map<String, @Nullable String> row,
      int number,
      Content content,
      Connection to)
      throws SQLException {
    Map<String, @Nullable String> copied = table.copied(row);
    boolean lacks = number < Rows.FIRST_LASTING && number % 3 == 0;
    if (copied == null || lacks) {
      return;
    }
    if (number % 3 == 1) {
      String field = table.touched();
      copied.put(field, content.of(field)); // as an older copy would have it
    }
    table.target().insert(to, copied);
  }

  /** A row under a number that the source does not copy. */
  private static void plantOwn(Content content, int number, Connection to) throws SQLException {
    Map<String, @Nullable String> row = CopiedTables.CUSTOMER.copied(customer(content, number));
    CopiedTables.CUSTOMER.target().insert(to, new LinkedHashMap<>(row));
  }

  /**
   * The present key of an article that keeps its serial. None where another clerk has just given it
   * another: who waited for the row's lock meets only the old key's entry in the index.
   */
  Optional<String> skuOf(Connection connection, String serial) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT sku FROM article WHERE serial = ? FOR UPDATE")) {
      query.setString(1, serial);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  /** What was committed, each row's changes in their order: its lock was held for each. */
  List<Journal.Entry> journal() throws SQLException {
    List<Journal.Entry> entries = new ArrayList<>();
    try (Connection connection = connectToSource();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT micros, line FROM journal ORDER BY n")) {
      while (rows.next()) {
        entries.add(new Journal.Entry(rows.getLong(1), rows.getString(2)));
      }
    }
    return entries;
  }

  @Override
  public void close() {
    if (dedicated != null) {
      dedicated.close();
    }
  }
}
