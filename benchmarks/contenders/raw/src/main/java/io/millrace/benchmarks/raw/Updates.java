package io.millrace.benchmarks.raw;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Style;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Updates every row of a table, one by one with a commit each or all by one statement. What the
 * table's triggers do, if it has any, is the harness's business. A table called {@code decoded} is
 * read from a replication slot meanwhile.
 */
final class Updates implements Contender {
  private static final String DECODED = "decoded";

  private final Job job;
  private @Nullable SlotReader reader;

  Updates(Job job) {
    this.job = job;
  }

  @Override
  public void prepare() throws SQLException {
    if (job.table().equals(DECODED)) {
      reader = SlotReader.start(job);
    }
  }

  @Override
  public void round(int number, Meter meter) throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(job.from().url(), job.from().user(), job.from().password())) {
      long before = serverNanos(connection);
      meter.begin();
      if (job.style() == Style.WHOLE) {
        try (Statement update = connection.createStatement()) {
          update.executeUpdate(
              "update " + job.table() + " set status = 's" + number + "', updated_at = now()");
        }
      } else {
        oneByOne(connection, number);
      }
      meter.end(job.events(), () -> serverNanos(connection) - before);
    }
  }

  private void oneByOne(Connection connection, int number) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update " + job.table() + " set status = ?, updated_at = now() where id = ?")) {
      for (int i = 0; i < job.events(); i++) {
        update.setString(1, "s" + number);
        update.setLong(2, i);
        update.executeUpdate();
      }
    }
  }

  /** What the server's process of this session spent on a processor. */
  private static long serverNanos(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::bigint")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public void close() throws SQLException {
    if (reader != null) {
      reader.close();
    }
  }
}
