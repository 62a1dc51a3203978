package io.millrace.benchmarks.raw;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Upserts of the same rows in batches of a transaction each, and nothing else: no ledger, no
 * offsets.
 */
final class BatchedUpserts implements Contender {
  private static final String INSERT = " (id, customer, total, note) values (?, ?, ?, ?) ";

  private final Job job;

  BatchedUpserts(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws SQLException {
    boolean postgres = job.to().url().startsWith("jdbc:postgresql:");
    String url =
        job.to().url()
            + (job.to().url().contains("?") ? "&" : "?")
            + (postgres ? "reWriteBatchedInserts=true" : "rewriteBatchedStatements=true");
    String sql =
        "insert into "
            + job.table()
            + INSERT
            + (postgres
                ? "on conflict (id) do update set customer = excluded.customer, total = excluded.total, note = excluded.note"
                : "on duplicate key update customer = values(customer), total = values(total), note = values(note)");
    try (Connection connection =
            DriverManager.getConnection(url, job.to().user(), job.to().password());
        PreparedStatement upsert = connection.prepareStatement(sql)) {
      connection.setAutoCommit(false);
      meter.begin();
      for (int i = 0; i < job.events(); i++) {
        long version = (long) number * job.events() + i;
        upsert.setLong(1, i);
        upsert.setLong(2, version % 1000);
        upsert.setBigDecimal(3, new BigDecimal("12.34"));
        upsert.setString(4, "a note of some length for order " + version);
        upsert.addBatch();
        if ((i + 1) % job.batch() == 0 || i + 1 == job.events()) {
          upsert.executeBatch();
          connection.commit();
        }
      }
    }
    meter.end(job.events());
  }
}
