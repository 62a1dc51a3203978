package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.FirstOffset;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Offsets that the topic does not mean any more: said, and mended as the message says. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
class KafkaForeignOffsetsTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final KafkaServer kafka = KafkaServer.shared();
  private final String topic = kafka.uniqueName("offsets");
  private final Database from = PostgresServer.shared().createDatabase("offsets_from");
  private final Database to = PostgresServer.shared().createDatabase("offsets_to");

  @BeforeEach
  void tables() {
    kafka.createTopic(topic, 2);
    from.execute("create table item (id int primary key, v int)");
    to.execute("create table item (id int primary key, v int)");
    source().changeLog().install();
  }

  @AfterEach
  void drop() {
    from.drop();
    to.drop();
  }

  @Test
  void a_topic_made_anew_is_noticed_while_its_partitions_stay_assigned() throws Exception {
    publish("insert into item select i, 1 from generate_series(1, 20) i");
    try (Applier applier = applier()) {
      applier.start();
      awaitSame(applier);
      remake();
      // More than the old topic held: the consumer finds its offsets in the new one and reads on.
      for (int v = 2; v <= 6; v++) {
        publish("update item set v = " + v);
      }
      assertThat(failure(applier)).contains("made anew", topic, "has id", "applier_offset");
    }
    to.execute("delete from millrace.applier_offset where applier = 'in'");
    laterChangesArrive();
  }

  @Test
  void a_topic_made_anew_between_runs_is_noticed() throws Exception {
    publish("insert into item select i, 1 from generate_series(1, 20) i");
    applyAll();
    remake();
    publish("update item set v = 2");
    try (Applier applier = applier()) {
      applier.start();
      assertThat(failure(applier)).contains("made anew", topic, "DELETE FROM applier_offset");
    }
    to.execute("delete from millrace.applier_offset where applier = 'in'");
    laterChangesArrive();
  }

  @Test
  void events_that_expired_before_they_were_read_are_named() throws Exception {
    publish("insert into item select i, 1 from generate_series(1, 20) i");
    applyAll();
    publish("update item set v = 2", "update item set v = 3");
    Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
    for (int partition = 0; partition < 2; partition++) {
      all.put(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(-1));
    }
    try (Admin admin = kafka.admin()) {
      admin.deleteRecords(all).all().get();
    }
    try (Applier applier = applier()) {
      applier.start();
      assertThat(failure(applier)).contains("expired", "partition", "applier_offset", "OLDEST");
    }
    to.execute("delete from millrace.applier_offset where applier = 'in'");
    laterChangesArrive();
  }

  @Test
  void a_raised_number_of_partitions_is_noticed_in_a_run_and_between_runs() throws Exception {
    publish("insert into item select i, 1 from generate_series(1, 20) i");
    try (Applier applier = applier()) {
      applier.start();
      awaitSame(applier);
      raise(3);
      assertThat(failure(applier))
          .contains("had 2 partitions", "has 3 now", "Stop every publisher");
    }
    publish("update item set v = 2"); // some of it into the new partition
    try (Applier applier = applier()) {
      applier.start();
      assertThat(failure(applier))
          .contains("2 partitions", "has 3 now", "UPDATE applier_offset SET partitions = 3");
    }
    to.execute("update millrace.applier_offset set partitions = 3 where applier = 'in'");
    laterChangesArrive();
  }

  private void laterChangesArrive() throws Exception {
    try (Applier applier = applier()) {
      applier.start();
      publish("update item set v = 100", "insert into item values (1000, 1)");
      publish("delete from item where id % 3 = 0", "update item set v = v + 1");
      awaitSame(applier);
    }
  }

  private PostgresSource source() {
    return PostgresSource.builder(from.dataSource())
        .service("from")
        .capture("public.item", t -> t.entity("item"))
        .build();
  }

  private KafkaTransport transport() {
    return KafkaTransport.builder()
        .bootstrapServers(kafka.bootstrapServers())
        .topic(topic)
        .singleBroker()
        .property("metadata.max.age.ms", "60000")
        .build();
  }

  /** Runs statements and publishes what they changed. */
  private void publish(String... statements) {
    from.execute(statements);
    try (Pipeline pipeline =
        Pipeline.builder("out")
            .from(source())
            .to(transport().publisher())
            .positions(JdbcPositions.in(from.dataSource()))
            .firstStart(FirstStart.OLDEST)
            .saveInterval(Duration.ofMillis(20))
            .build()) {
      pipeline.start();
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  pipeline.status().counters().acknowledged() > 0
                      && pipeline.status().inFlightEvents() == 0
                      && pipeline.status().lag().equals(java.util.Optional.of(Duration.ZERO)));
    }
  }

  private Applier applier() {
    return Applier.builder("in")
        .service("to")
        .from(transport().subscriber(topic))
        .to(
            PostgresTarget.builder(to.dataSource())
                .mirror("item", "public.item", m -> m.columns("id", "v"))
                .build())
        .firstStart(FirstOffset.OLDEST)
        .build();
  }

  private void applyAll() {
    try (Applier applier = applier()) {
      applier.start();
      awaitSame(applier);
    }
  }

  private void awaitSame(Applier applier) {
    String rows = "select id, v from item order by id";
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(to.query(rows)).as("%s", applier.status()).isEqualTo(from.query(rows)));
  }

  private static String failure(Applier applier) {
    await().atMost(LIMIT).until(() -> applier.status().state() == ApplierState.FAILED);
    return applier.status().lastError().orElseThrow();
  }

  private void remake() throws Exception {
    try (Admin admin = kafka.admin()) {
      admin.deleteTopics(List.of(topic)).all().get();
      await().atMost(LIMIT).until(() -> !admin.listTopics().names().get().contains(topic));
    }
    kafka.createTopic(topic, 2);
  }

  private void raise(int partitions) throws Exception {
    try (Admin admin = kafka.admin()) {
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
    }
  }
}
