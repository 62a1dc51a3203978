package io.millrace.examples.copy;

import io.millrace.examples.monolith.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Who works in the target's own columns and tables while rows are copied there: what it committed
 * must stand at the end, and so must the rows that only the target has.
 */
final class Resident implements AutoCloseable {
  private static final int PAUSE_MILLIS = 50;

  /** Rows that the source knows nothing of, or does not copy. */
  private static final String OWN_ROWS =
      "SELECT * FROM client WHERE client_no >= " + Rows.FIRST_FOREIGN + " ORDER BY client_no";

  private final Databases databases;
  private final Random random;
  private final List<String> ownRows;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "example-resident");

  // Of the thread while it runs.
  private final Map<String, Integer> scores = new HashMap<>();
  private final Map<String, Integer> shelves = new HashMap<>();
  private final List<String> lost = new ArrayList<>();
  private int reports;
  private @Nullable Exception failure;

  Resident(Databases databases, long seed) throws SQLException {
    this.databases = databases;
    this.random = new Random(seed);
    this.ownRows = rows(OWN_ROWS);
    for (int n = Rows.FIRST_LASTING; n <= Rows.LAST_LASTING; n++) {
      scores.put(Integer.toString(n), Rows.PLANTED_VALUE);
      shelves.put(Integer.toString(n), Rows.PLANTED_VALUE);
    }
  }

  static Resident start(Databases databases, long seed) throws SQLException {
    Resident resident = new Resident(databases, seed);
    resident.thread.start();
    return resident;
  }

  private void run() {
    try (Connection connection = databases.connectToTarget()) {
      while (!end.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        String number = Integer.toString(Rows.FIRST_LASTING + random.nextInt(Rows.LASTING));
        work(connection, "score", "client WHERE client_no = ", number, scores);
        work(connection, "shelf", "item WHERE serial = ", number, shelves);
        if (set(connection, "INSERT INTO report (what) VALUES ('one more')")) {
          reports++;
        }
      }
    } catch (InterruptedException | SQLException | RuntimeException e) {
      failure = e;
    }
  }

  /** Looks whether a value is as it was left, and now and then leaves another one. */
  private void work(
      Connection connection, String column, String row, String number, Map<String, Integer> left)
      throws SQLException {
    Integer value = value(connection, "SELECT " + column + " FROM " + row + number);
    if (value == null) {
      return; // under way from one key to another
    }
    if (!value.equals(left.get(number))) {
      lost.add(column + " of " + row + number + ": left as " + left.get(number) + ", is " + value);
      left.put(number, value);
    }
    int next = random.nextInt(1_000_000);
    String[] table = row.split(" ", 2);
    if (random.nextInt(4) == 0
        && set(
            connection,
            "UPDATE %s SET %s = %d %s%s".formatted(table[0], column, next, table[1], number))) {
      left.put(number, next);
    }
  }

  private static @Nullable Integer value(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getInt(1) : null;
    }
  }

  /** False where the applier was faster, or the row is not there at the moment. */
  private static boolean set(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(sql) == 1;
    } catch (SQLException e) {
      if (Table.lostRace(e)) {
        return false;
      }
      throw e;
    }
  }

  /** What is not as it was left, once everything rests. */
  List<String> differences() throws SQLException {
    List<String> differences = new ArrayList<>(lost);
    try (Connection connection = databases.connectToTarget()) {
      for (int n = Rows.FIRST_LASTING; n <= Rows.LAST_LASTING; n++) {
        String number = Integer.toString(n);
        expect(
            differences,
            "score of client " + n,
            scores.get(number),
            value(connection, "SELECT score FROM client WHERE client_no = " + n));
        expect(
            differences,
            "shelf of item with serial " + n,
            shelves.get(number),
            value(connection, "SELECT shelf FROM item WHERE serial = " + n));
      }
      expect(differences, "reports", reports, value(connection, "SELECT count(*) FROM report"));
    }
    List<String> now = rows(OWN_ROWS);
    if (!now.equals(ownRows)) {
      differences.add("rows that only the target has: were " + ownRows + ", are " + now);
    }
    return differences;
  }

  private static void expect(
      List<String> differences, String what, @Nullable Integer left, @Nullable Integer found) {
    if (!Objects.equals(left, found)) {
      differences.add(what + ": left as " + left + ", is " + found);
    }
  }

  private List<String> rows(String sql) throws SQLException {
    List<String> result = new ArrayList<>();
    try (Connection connection = databases.connectToTarget();
        PreparedStatement query = connection.prepareStatement(sql);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.append(rows.getString(i)).append('\t');
        }
        result.add(row.toString());
      }
    }
    return result;
  }

  @Override
  public void close() throws Exception {
    end.countDown();
    thread.join();
    if (failure != null) {
      throw failure;
    }
  }
}
