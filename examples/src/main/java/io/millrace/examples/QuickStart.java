package io.millrace.examples;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import javax.sql.DataSource;

/** The README's quick start; a test holds the README against this file. */
final class QuickStart {
  private QuickStart() {}

  /** The service's orders into the monolith's table. */
  static void run(DataSource billing, DataSource monolith) {
    // quick start
    var source =
        PostgresSource.builder(billing).service("billing").capture("public.orders").build();
    source.changeLog().install(); // or print changeLog().ddl() for a migration tool
    var kafka = KafkaTransport.builder().bootstrapServers("localhost:9092").topic("shop").build();
    var pipeline =
        Pipeline.builder("billing-out")
            .from(source)
            .to(kafka.publisher())
            .positions(JdbcPositions.in(billing))
            .firstStart(FirstStart.NOW)
            .build();
    pipeline.start();

    var target =
        MySqlTarget.builder(monolith)
            .mirror("orders", "shop.orders", m -> m.columns("id", "total").rename("note", "remark"))
            .build();
    var applier =
        Applier.builder("monolith-in")
            .service("monolith")
            .from(kafka.subscriber("monolith"))
            .to(target)
            .build();
    applier.start(); // applier.status(), applier.awaitCaughtUp(timeout), close()
    // end
  }
}
