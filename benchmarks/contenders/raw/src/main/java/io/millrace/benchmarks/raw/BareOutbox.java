package io.millrace.benchmarks.raw;

import com.zaxxer.hikari.HikariDataSource;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Writers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Inserts a row and a second one into a table like an outbox's, a transaction each on a pool's
 * connection, as the libraries' users do. Nobody relays.
 */
final class BareOutbox implements Contender {
  private final Job job;
  private final HikariDataSource pool = new HikariDataSource();

  BareOutbox(Job job) {
    this.job = job;
    pool.setJdbcUrl(job.from().url());
    pool.setUsername(job.from().user());
    pool.setPassword(job.from().password());
  }

  @Override
  public void prepare() throws SQLException {
    try (Connection connection = pool.getConnection()) {
      connection
          .createStatement()
          .execute("create table bare_outbox (id bigint primary key, event text not null)");
    }
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    meter.begin();
    Writers.run(job, numbers -> write(number, numbers));
    meter.end(job.events());
  }

  private void write(int round, Writers.Numbers numbers) throws SQLException {
    for (int i = numbers.take(); i >= 0; i = numbers.take()) {
      long id = (long) round * job.events() + i;
      try (Connection connection = pool.getConnection();
          PreparedStatement row =
              connection.prepareStatement(
                  "insert into " + job.table() + " (id, customer, note) values (?, ?, ?)");
          PreparedStatement event =
              connection.prepareStatement("insert into bare_outbox values (?, ?)")) {
        connection.setAutoCommit(false);
        row.setLong(1, id);
        row.setLong(2, i);
        row.setString(3, "a note of a usual length");
        row.executeUpdate();
        event.setLong(1, id);
        event.setString(
            2, "{\"id\":" + id + ",\"customer\":" + i + ",\"note\":\"a note of a usual length\"}");
        event.executeUpdate();
        connection.commit();
      }
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
