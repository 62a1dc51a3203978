package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Shared mode needs one channel: with one topic per direction each site folds half of the truth.
 */
@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
class SharedTopicsTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration HEALTH = Duration.ofSeconds(8);

  private final KafkaServer kafka = KafkaServer.shared();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Database north = site("north");
  private final Database south = site("south");

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
    north.drop();
    south.drop();
  }

  @Test
  void one_topic_per_direction_is_named_at_both_sites() {
    String fromNorth = topic();
    String fromSouth = topic();
    pipeline("north", north, fromNorth);
    pipeline("south", south, fromSouth);
    Applier atNorth = applier("north", north, fromSouth);
    Applier atSouth = applier("south", south, fromNorth);
    writeAtBoth();
    says(atNorth, "own service 'north'", fromSouth);
    says(atSouth, "own service 'south'", fromNorth);
  }

  @Test
  void one_topic_for_both_directions_is_not() {
    String topic = topic();
    pipeline("north", north, topic);
    pipeline("south", south, topic);
    Applier atNorth = applier("north", north, topic);
    Applier atSouth = applier("south", south, topic);
    writeAtBoth();
    long start = System.nanoTime();
    while (System.nanoTime() - start < 2 * HEALTH.toNanos()) {
      assertThat(atNorth.status().lastError()).isEmpty();
      assertThat(atSouth.status().lastError()).isEmpty();
    }
    await().atMost(LIMIT).until(() -> north.number("select count(*) from item") == 2);
    await().atMost(LIMIT).until(() -> south.number("select count(*) from item") == 2);
  }

  private void writeAtBoth() {
    north.execute("insert into item values (1, 1)");
    south.execute("insert into item values (2, 1)");
  }

  private static void says(Applier applier, String service, String topic) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(applier.status().lastError()).isPresent();
              assertThat(applier.status().lastError().orElseThrow())
                  .contains("entity 'item' in shared mode", service, topic)
                  .contains("use one channel", "one topic per direction");
              assertThat(applier.status().healthy()).isFalse();
            });
  }

  private String topic() {
    String topic = kafka.uniqueName("direction");
    kafka.createTopic(topic, 1);
    return topic;
  }

  private static Database site(String service) {
    Database database = PostgresServer.shared().createDatabase(service);
    database.execute("create table item (id int primary key, v int)");
    source(service, database).changeLog().install();
    return database;
  }

  private static PostgresSource source(String service, Database database) {
    return PostgresSource.builder(database.dataSource())
        .service(service)
        .capture("public.item", t -> t.entity("item"))
        .build();
  }

  private KafkaTransport transport(String topic) {
    return KafkaTransport.builder()
        .bootstrapServers(kafka.bootstrapServers())
        .topic(topic)
        .singleBroker()
        .build();
  }

  private void pipeline(String service, Database database, String topic) {
    Pipeline pipeline =
        Pipeline.builder(service + "-out")
            .from(source(service, database))
            .to(transport(topic).publisher())
            .positions(JdbcPositions.in(database.dataSource()))
            .firstStart(FirstStart.OLDEST)
            .heartbeatInterval(Duration.ofMillis(500))
            .build();
    open.push(pipeline);
    pipeline.start();
  }

  private Applier applier(String service, Database database, String topic) {
    Applier applier =
        Applier.builder(service + "-in")
            .service(service)
            .from(transport(topic).subscriber(topic + service))
            .to(
                PostgresTarget.builder(database.dataSource())
                    .shared("item", "public.item", m -> m.columns("id", "v"))
                    .build())
            .healthLimit(HEALTH)
            .build();
    open.push(applier);
    applier.start();
    return applier;
  }
}
