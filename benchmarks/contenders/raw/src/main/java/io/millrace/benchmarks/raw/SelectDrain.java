package io.millrace.benchmarks.raw;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A plain SELECT of all rows of the change log, every column fetched as text, in order of its id.
 */
final class SelectDrain implements Contender {
  private static final int FETCH = 4096;

  private final Job job;

  SelectDrain(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(job.from().url(), job.from().user(), job.from().password())) {
      connection.setAutoCommit(false);
      try (PreparedStatement query =
          connection.prepareStatement("select * from millrace.change_log order by id")) {
        query.setFetchSize(FETCH);
        long rows = 0;
        long characters = 0;
        try (ResultSet row = query.executeQuery()) {
          int columns = row.getMetaData().getColumnCount();
          while (row.next()) {
            meter.begin();
            for (int i = 1; i <= columns; i++) {
              String text = row.getString(i);
              characters += text == null ? 0 : text.length();
            }
            rows++;
          }
        }
        if (characters == 0) {
          throw new IllegalStateException("the change log is empty");
        }
        meter.end(rows);
      }
    }
  }
}
