package io.millrace.examples.pipeline;

import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineListener;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The pipeline of {@link OneAtATimeContract}, in a JVM of its own that can be paused. It tells on
 * standard output what it does, and ends with its standard input.
 */
final class PausableOwner {
  private PausableOwner() {}

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Pipeline pipeline =
        pipeline(
            "child",
            source(arguments),
            arguments[2],
            arguments[3],
            "5000",
            positions(arguments),
            out);
    try (pipeline) {
      pipeline.start();
      while (System.in.read() >= 0) {
        // Nothing is said; the end is what is waited for.
      }
    }
  }

  static Pipeline pipeline(
      String owner,
      PostgresSource source,
      String bootstrap,
      String topic,
      String lingerMillis,
      DataSource positions,
      PrintStream out) {
    return Pipeline.builder("one-at-a-time")
        .owner(owner)
        .from(source)
        .to(
            KafkaTransport.builder()
                .bootstrapServers(bootstrap)
                .topic(topic)
                .singleBroker()
                .property("linger.ms", lingerMillis)
                .build()
                .publisher())
        .positions(JdbcPositions.in(positions))
        .firstStart(FirstStart.OLDEST)
        .saveInterval(Duration.ofMillis(100))
        .leaseDuration(Duration.ofSeconds(10))
        .transform(
            event -> {
              out.println("seen " + event.entity() + " " + event.id());
              return event;
            })
        .listener(
            new PipelineListener() {
              @Override
              public void stateChanged(String pipeline, PipelineState from, PipelineState to) {
                out.println("state " + to);
              }
            })
        .build();
  }

  private static PostgresSource source(String[] arguments) {
    return source(postgres(arguments[0], arguments[1]));
  }

  static PostgresSource source(DataSource database) {
    return PostgresSource.builder(database)
        .service("billing")
        .capture("public.orders", t -> t.entity("order"))
        .build();
  }

  private static DataSource postgres(String url, String user) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    source.setUser(user);
    return source;
  }

  private static DataSource positions(String[] arguments) throws IOException {
    String url = arguments[4];
    if (url.startsWith("jdbc:postgresql:")) {
      return postgres(url, arguments[5]);
    }
    try {
      MariaDbDataSource source = new MariaDbDataSource(url);
      source.setUser(arguments[5]);
      return source;
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }
}
