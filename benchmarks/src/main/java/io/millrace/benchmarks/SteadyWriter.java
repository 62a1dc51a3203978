package io.millrace.benchmarks;

import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Inserts rows at a steady pace, one a transaction, and knows when each was committed. */
final class SteadyWriter {
  private SteadyWriter() {}

  /**
   * Writes.
   *
   * @param first id of the first row
   * @param perSecond rows; where one commit takes too long, the next come closer together
   * @return per row {@link System#nanoTime()} when its commit had returned
   */
  static long[] write(Database database, String table, long first, int rows, int perSecond)
      throws SQLException {
    long[] committed = new long[rows];
    long pause = TimeUnit.SECONDS.toNanos(1) / perSecond;
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into " + table + " (id, customer) values (?, ?)")) {
      long begun = System.nanoTime();
      for (int i = 0; i < rows; i++) {
        long due = begun + i * pause;
        for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
          LockSupport.parkNanos(wait);
        }
        insert.setLong(1, first + i);
        insert.setInt(2, i);
        insert.executeUpdate();
        committed[i] = System.nanoTime();
      }
    }
    return committed;
  }
}
