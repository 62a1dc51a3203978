package io.millrace.benchmarks.millrace;

import com.zaxxer.hikari.HikariDataSource;
import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Writers;
import io.millrace.cdc.outbox.EntityType;
import io.millrace.cdc.outbox.Outbox;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Inserts a row and appends its event, a transaction each; a pipeline relays them meanwhile. */
final class OutboxRelay implements Contender {
  private static final int PATIENCE_SECONDS = 120;
  private static final EntityType<Order> ORDER =
      EntityType.of("order", Order.class).key("id").build();

  private final Job job;
  private final HikariDataSource pool = new HikariDataSource();
  private @Nullable PostgresSource source;

  /** What the event carries. */
  public record Order(long id, long customer, String note) {}

  OutboxRelay(Job job) throws SQLException {
    this.job = job;
    pool.setDataSource(Sources.dataSource(job.from()));
  }

  @Override
  public void prepare() {
    PostgresSource made = PostgresSource.builder(pool).service("shop").outbox().build();
    made.changeLog().install();
    source = made;
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    if (source == null) {
      throw new IllegalStateException("not prepared");
    }
    Outbox<Connection> outbox = source.outbox();
    Arrivals arrivals = new Arrivals(job, number);
    String name = "outbox" + number;
    try (Pipeline pipeline =
        Pipeline.builder(name)
            .from(source)
            .to(new Noting(arrivals))
            .positions(FilePositions.in(job.directory().resolve(name)))
            .firstStart(FirstStart.NOW)
            .build()) {
      pipeline.start();
      Waiting.untilRunning(pipeline);
      long[] sent = new long[job.events()];
      meter.begin();
      Writers.run(job, numbers -> write(outbox, pipeline, arrivals, sent, numbers));
      arrivals.await(PATIENCE_SECONDS, number, sent);
      meter.end(sent.length);
    }
  }

  private void write(
      Outbox<Connection> outbox,
      Pipeline pipeline,
      Arrivals arrivals,
      long[] sent,
      Writers.Numbers numbers)
      throws SQLException {
    for (int i = numbers.take(); i >= 0; i = numbers.take()) {
      Order order = new Order(arrivals.first() + i, i, "a note of a usual length");
      try (Connection connection = pool.getConnection();
          PreparedStatement insert =
              connection.prepareStatement(
                  "insert into " + job.table() + " (id, customer, note) values (?, ?, ?)")) {
        connection.setAutoCommit(false);
        insert.setLong(1, order.id());
        insert.setLong(2, order.customer());
        insert.setString(3, order.note());
        insert.executeUpdate();
        outbox.append(connection, ORDER.created(order));
        connection.commit();
        sent[i] = System.nanoTime();
      }
      pipeline.flush();
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
