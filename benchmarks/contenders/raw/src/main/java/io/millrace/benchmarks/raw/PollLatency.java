package io.millrace.benchmarks.raw;

import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/**
 * Asks the table itself for new ids, every millisecond; one writer's ids become visible in order.
 * The limit has the planner, which knows nothing of a table that just began, walk the index.
 */
final class PollLatency implements Contender {
  private static final int PATIENCE_SECONDS = 120;

  private final Job job;

  PollLatency(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    Arrivals arrivals = new Arrivals(job, number);
    try (Connection connection =
            DriverManager.getConnection(
                job.from().url(), job.from().user(), job.from().password());
        PreparedStatement query =
            connection.prepareStatement(
                "select id from " + job.table() + " where id > ? order by id limit 100")) {
      long last = arrivals.first() - 1;
      long end = arrivals.first() + job.events() - 1;
      meter.listening();
      meter.begin();
      while (last < end) {
        query.setLong(1, last);
        try (ResultSet row = query.executeQuery()) {
          while (row.next()) {
            last = row.getLong(1);
            arrivals.arrived(last);
          }
        }
        Thread.sleep(1);
      }
      arrivals.await(PATIENCE_SECONDS, number);
      meter.end(job.events());
    }
  }
}
