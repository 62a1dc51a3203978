package io.millrace.examples.outbox;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.pipeline.PipelineStatus;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.examples.monolith.ParentInput;
import io.millrace.examples.monolith.SyncJvm;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** The order service as a process: desks that write and append, and the pipeline. */
final class OrderService {
  /** The service's tag in its events. */
  static final String TAG = "orders";

  /** How many arguments it takes. */
  static final int ARGUMENTS = 8;

  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private static final int DESKS = 3;

  private final DataSource database;
  private final PostgresSource source;
  private final Pipeline pipeline;
  private final long changes;
  private final double rate;
  private final long seed;
  private final AtomicLong written = new AtomicLong();
  private volatile boolean closing;

  private OrderService(DataSource database, String[] arguments) {
    this.database = database;
    this.source = source(database);
    this.pipeline =
        Pipeline.builder(TAG + "-out")
            .from(source)
            .to(kafka(arguments[3], arguments[4]).publisher())
            .positions(JdbcPositions.in(database))
            .firstStart(FirstStart.OLDEST)
            .leaseDuration(Duration.ofSeconds(5)) // how long a restart after a crash waits
            .build();
    this.changes = Long.parseLong(arguments[5]);
    this.rate = Double.parseDouble(arguments[6]);
    this.seed = Long.parseLong(arguments[7]);
  }

  static PostgresSource source(DataSource database) {
    return PostgresSource.builder(database).service(TAG).outbox().build();
  }

  static KafkaTransport kafka(String bootstrapServers, String topic) {
    return KafkaTransport.builder()
        .bootstrapServers(bootstrapServers)
        .topic(topic)
        .singleBroker()
        .property("session.timeout.ms", "6000") // how long the partitions of a dead one wait
        .build();
  }

  static HikariDataSource pool(String url, String user) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword(System.getenv(SyncJvm.PASSWORD));
    return new HikariDataSource(config);
  }

  /**
   * Arguments: name, JDBC URL, user, Kafka's bootstrap servers, topic, after how many changes to
   * stop writing, changes per second, seed.
   */
  public static void main(String[] arguments) throws Exception {
    try (HikariDataSource database = pool(arguments[1], arguments[2])) {
      new OrderService(database, arguments).run();
    }
  }

  private void run() throws Exception {
    written.set(number("SELECT count(*) FROM journal"));
    List<Thread> desks = new ArrayList<>();
    try (pipeline) {
      pipeline.start();
      for (int desk = 0; desk < DESKS; desk++) {
        Random random = new Random(seed + written.get() * DESKS + desk);
        Thread thread = new Thread(() -> serve(random), "desk-" + desk);
        thread.start();
        desks.add(thread);
      }
      boolean ready = false;
      while (!ParentInput.endsWithin(200)) {
        closing = number("SELECT count(*) FROM closing") > 0;
        PipelineStatus status = pipeline.status();
        if (status.state() == PipelineState.FAILED) {
          System.err.println(status);
          System.exit(1);
        }
        OUT.printf(
            "status captured=%d delivered=%d%n",
            status.counters().captured(), status.counters().acknowledged());
        if (!ready && status.state() == PipelineState.RUNNING) {
          ready = true;
          OUT.println("ready");
        }
      }
      closing = true;
      for (Thread desk : desks) {
        desk.join();
      }
    }
  }

  private void serve(Random random) {
    OrderDesk desk = new OrderDesk(database, source.outbox(), random);
    long pauseMillis = Math.round(1000 * DESKS / rate);
    try {
      while (!closing && written.get() < changes) {
        if (desk.work()) {
          written.incrementAndGet();
          pipeline.flush();
        }
        TimeUnit.MILLISECONDS.sleep(random.nextLong(2 * pauseMillis + 1));
      }
    } catch (SQLException | RuntimeException e) {
      e.printStackTrace();
      System.exit(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
