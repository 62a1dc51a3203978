package io.millrace.examples.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import org.junit.jupiter.api.Test;

/** A server that is away is no error of start(): it is waited for, and the status says so. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
final class StartTest {
  @Test
  void a_mariadb_a_broker_and_a_target_that_are_away_at_the_start_are_waited_for() {
    try (MariaDbServer captured = MariaDbServer.startDedicated();
        PostgresServer target = PostgresServer.startDedicated();
        KafkaServer broker = KafkaServer.startDedicated()) {
      String topic = broker.uniqueName("shop");
      broker.createTopic(topic, 2);
      KafkaTransport kafka =
          KafkaTransport.builder()
              .bootstrapServers(broker.bootstrapServers())
              .topic(topic)
              .singleBroker()
              .build();
      try (HealthRig rig =
          new HealthRig(captured, target, kafka.publisher(), kafka.subscriber("billing"))) {
        captured.stop();
        target.stop();
        broker.stop();
        rig.start();
        awaitRetries(rig);
        broker.start();
        captured.start();
        awaitPipeline(rig);
        assertThat(rig.applier.status().healthy()).as("%s", rig).isFalse();
        target.start();
        awaitAll(rig);
      }
    }
  }

  @Test
  void a_broker_alone_that_is_away_at_the_start_is_waited_for() {
    try (KafkaServer broker = KafkaServer.startDedicated()) {
      String topic = broker.uniqueName("shop");
      broker.createTopic(topic, 2);
      KafkaTransport kafka =
          KafkaTransport.builder()
              .bootstrapServers(broker.bootstrapServers())
              .topic(topic)
              .singleBroker()
              .build();
      try (HealthRig rig =
          HealthRig.shared(
              PostgresServer.shared(), kafka.publisher(), kafka.subscriber("billing"))) {
        broker.stop();
        rig.start();
        awaitRetries(rig);
        broker.start();
        awaitAll(rig);
      }
    }
  }

  @Test
  void a_postgres_that_is_away_at_the_start_is_waited_for() {
    InProcessTransport channel = InProcessTransport.builder().name("shop").partitions(2).build();
    try (PostgresServer server = PostgresServer.startDedicated();
        HealthRig rig =
            new HealthRig(server, server, channel.publisher(), channel.subscriber("billing"))) {
      server.stop();
      rig.start();
      awaitRetries(rig);
      server.start();
      awaitAll(rig);
    }
  }

  private static void awaitRetries(HealthRig rig) {
    await()
        .atMost(HealthRig.PATIENCE)
        .until(
            () ->
                rig.pipeline.status().counters().retries() > 1
                    && rig.applier.status().state() == ApplierState.RETRYING
                    && rig.applier.status().lastError().isPresent());
    assertThat(rig.pipeline.status().state())
        .as("%s", rig)
        .isNotIn(PipelineState.FAILED, PipelineState.RUNNING);
    assertThat(rig.pipeline.status().healthy()).as("%s", rig).isFalse();
    assertThat(rig.pipeline.status().lastError()).as("%s", rig).isPresent();
    assertThat(rig.applier.status().healthy()).as("%s", rig).isFalse();
  }

  private static void awaitPipeline(HealthRig rig) {
    await()
        .atMost(HealthRig.PATIENCE)
        .until(
            () ->
                rig.pipeline.status().healthy() && rig.pipeline.status().heartbeatAt().isPresent());
  }

  private static void awaitAll(HealthRig rig) {
    await().atMost(HealthRig.PATIENCE).until(rig::bothHealthy);
    rig.captured.execute("insert into item values (1, 'one')");
    await()
        .atMost(HealthRig.PATIENCE)
        .until(() -> rig.target.number("select count(*) from item") == 1);
  }
}
