package io.millrace.benchmarks;

import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Writes rows at a steady pace, one a transaction, and knows when each was committed. */
final class SteadyWriter {
  private SteadyWriter() {}

  /** Writes one row and commits it. */
  @FunctionalInterface
  interface Write {
    /** The row of this number, from 0. */
    void row(int number) throws SQLException;
  }

  /**
   * Inserts.
   *
   * @param first id of the first row
   * @param perSecond rows; where one commit takes too long, the next come closer together
   * @return per row {@link System#nanoTime()} when its commit had returned
   */
  static long[] write(Database database, String table, long first, int rows, int perSecond)
      throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into " + table + " (id, customer) values (?, ?)")) {
      return write(
          rows,
          perSecond,
          number -> {
            insert.setLong(1, first + number);
            insert.setInt(2, number);
            insert.executeUpdate();
          });
    }
  }

  /** The same with another way to write. */
  static long[] write(int rows, int perSecond, Write write) throws SQLException {
    long[] committed = new long[rows];
    long pause = TimeUnit.SECONDS.toNanos(1) / perSecond;
    long begun = System.nanoTime();
    for (int i = 0; i < rows; i++) {
      long due = begun + i * pause;
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      write.row(i);
      committed[i] = System.nanoTime();
    }
    return committed;
  }
}
