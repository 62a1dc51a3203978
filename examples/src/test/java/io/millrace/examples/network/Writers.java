package io.millrace.examples.network;

import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Two writers, each with rows of its own, that count their rows up, delete some and insert them
 * again, several in one transaction, at a pace that a slow line can catch up with.
 */
final class Writers {
  private static final int WRITERS = 2;
  private static final int KEYS = 20;
  private static final long PAUSE_MILLIS = 20;

  private final Database database;
  private final List<Thread> threads = new ArrayList<>();
  private final Map<Integer, Integer> committed = new HashMap<>(); // guarded by itself
  private volatile boolean writing = true;

  Writers(Database database) {
    this.database = database;
  }

  void start() {
    for (int i = 0; i < WRITERS; i++) {
      int number = i;
      Thread thread = new Thread(() -> write(number), "writer-" + i);
      thread.start();
      threads.add(thread);
    }
  }

  void stop() {
    writing = false;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** How far each row was counted. */
  Map<Integer, Integer> committed() {
    synchronized (committed) {
      return Map.copyOf(committed);
    }
  }

  private void write(int number) {
    Random random = new Random(number);
    Map<Integer, Integer> counts = new HashMap<>();
    Map<Integer, Boolean> there = new HashMap<>();
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      while (writing) {
        for (int i = random.nextInt(1, 5); i > 0; i--) {
          writeOne(connection, number * 1_000 + random.nextInt(KEYS), random, counts, there);
        }
        connection.commit();
        synchronized (committed) {
          committed.putAll(counts);
        }
        TimeUnit.MILLISECONDS.sleep(random.nextLong(PAUSE_MILLIS));
      }
    } catch (SQLException e) {
      throw new AssertionError("the writers' way has no proxy", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void writeOne(
      Connection connection,
      int id,
      Random random,
      Map<Integer, Integer> counts,
      Map<Integer, Boolean> there)
      throws SQLException {
    boolean exists = there.getOrDefault(id, false);
    if (exists && random.nextInt(10) == 0) {
      run(connection, "delete from orders where id = ?", id);
      there.put(id, false);
      return;
    }
    int n = counts.merge(id, 1, Integer::sum);
    String note = "x".repeat(random.nextInt(200));
    if (exists) {
      run(connection, "update orders set n = ?, note = ? where id = ?", n, note, id);
    } else {
      run(connection, "insert into orders (n, note, id) values (?, ?, ?)", n, note, id);
      there.put(id, true);
    }
  }

  private static void run(Connection connection, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      if (statement.executeUpdate() != 1) {
        throw new AssertionError(sql + " changed no row: " + List.of(parameters));
      }
    }
  }
}
