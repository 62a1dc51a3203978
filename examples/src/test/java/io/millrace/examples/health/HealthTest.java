package io.millrace.examples.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.PipelineListener;
import io.millrace.cdc.pipeline.PipelineStatus;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.testkit.TestServer;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Whatever stops between a database and its applier shows on the right side, and passes. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
final class HealthTest {
  private final InProcessTransport channel =
      InProcessTransport.builder().name("shop").partitions(2).build();

  @Test
  void a_captured_postgres_that_hangs_shows_on_both_sides_and_passes() {
    try (PostgresServer server = PostgresServer.startDedicated()) {
      aCapturedDatabaseThatHangs(server);
    }
  }

  @Test
  void a_captured_mariadb_that_hangs_shows_on_both_sides_and_passes() {
    try (MariaDbServer server = MariaDbServer.startDedicated()) {
      aCapturedDatabaseThatHangs(server);
    }
  }

  private void aCapturedDatabaseThatHangs(SqlServer server) {
    try (HealthRig rig =
        HealthRig.shared(server, channel.publisher(), channel.subscriber("billing")).start()) {
      healthy(rig);
      whileItHangs(
          server,
          () -> {
            await(rig, () -> !rig.pipeline.status().healthy());
            await(rig, () -> !rig.applier.status().healthy());
          });
      healthy(rig);
    }
  }

  @Test
  void a_target_that_hangs_shows_at_the_applier_only_and_passes() {
    List<ApplierStatus> told = new CopyOnWriteArrayList<>();
    ApplierListener listener =
        new ApplierListener() {
          @Override
          public void status(ApplierStatus status) {
            told.add(status);
          }
        };
    try (PostgresServer server = PostgresServer.startDedicated();
        HealthRig rig =
            new HealthRig(
                    MariaDbServer.shared(),
                    server,
                    channel.publisher(),
                    channel.subscriber("billing"),
                    p -> p,
                    a -> a.listener(listener))
                .start()) {
      healthy(rig);
      whileItHangs(
          server,
          () -> {
            await(rig, () -> !rig.applier.status().healthy());
            await(rig, () -> !told.get(told.size() - 1).healthy());
            assertThat(rig.pipeline.status().healthy()).as("%s", rig).isTrue();
          });
      healthy(rig);
      await(rig, () -> told.get(told.size() - 1).healthy());
    }
  }

  @Test
  void a_broker_that_hangs_shows_on_both_sides_and_passes() {
    List<PipelineStatus> told = new CopyOnWriteArrayList<>();
    PipelineListener listener =
        new PipelineListener() {
          @Override
          public void status(PipelineStatus status) {
            told.add(status);
          }
        };
    try (KafkaServer broker = KafkaServer.startDedicated()) {
      String topic = broker.uniqueName("shop");
      broker.createTopic(topic, 4);
      KafkaTransport kafka =
          KafkaTransport.builder()
              .bootstrapServers(broker.bootstrapServers())
              .topic(topic)
              .singleBroker()
              .build();
      try (HealthRig rig =
          new HealthRig(
                  PostgresServer.shared(),
                  PostgresServer.shared(),
                  kafka.publisher(),
                  kafka.subscriber("billing"),
                  p -> p.listener(listener),
                  a -> a)
              .start()) {
        healthy(rig);
        await(rig, () -> rig.applier.status().heartbeats().size() == 4);
        whileItHangs(
            broker,
            () -> {
              await(rig, () -> !rig.pipeline.status().healthy());
              await(rig, () -> !rig.applier.status().healthy());
              await(rig, () -> !told.get(told.size() - 1).healthy());
            });
        healthy(rig);
      }
    }
  }

  @Test
  void a_listener_that_blocks_the_appliers_thread_shows_and_passes() {
    CountDownLatch free = new CountDownLatch(1);
    ApplierListener blocking =
        new ApplierListener() {
          @Override
          public void applied(List<ChangeEvent> events) {
            try {
              free.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    try (HealthRig rig =
        new HealthRig(
                PostgresServer.shared(),
                PostgresServer.shared(),
                channel.publisher(),
                channel.subscriber("billing"),
                p -> p,
                a -> a.listener(blocking))
            .start()) {
      healthy(rig);
      rig.captured.execute("insert into item values (1, 'one')");
      await(rig, () -> !rig.applier.status().healthy());
      assertThat(rig.pipeline.status().healthy()).as("%s", rig).isTrue();
      free.countDown();
      healthy(rig);
    }
  }

  @Test
  void a_target_that_is_gone_shows_also_while_nothing_is_to_be_applied() {
    InProcessTransport idle = InProcessTransport.builder().name("idle").partitions(1).build();
    try (PostgresServer server = PostgresServer.startDedicated()) {
      Database database = server.createDatabase("target");
      database.execute("create table item (id bigint primary key, name varchar(40))");
      try (Applier applier =
          Applier.builder("idle-in")
              .service("billing")
              .from(idle.subscriber("billing"))
              .to(PostgresTarget.builder(database.dataSource()).mirror("item", "item").build())
              .build()) {
        applier.start();
        Awaitility.await().atMost(HealthRig.PATIENCE).until(() -> applier.status().healthy());
        server.stop();
        Awaitility.await()
            .atMost(HealthRig.PATIENCE)
            .until(
                () ->
                    applier.status().state() == ApplierState.RETRYING
                        && applier.status().lastError().isPresent());
        server.start();
        Awaitility.await()
            .atMost(HealthRig.PATIENCE)
            .until(() -> applier.status().state() == ApplierState.RUNNING);
      }
    }
  }

  @Test
  void without_a_place_for_heartbeats_progress_must_do() {
    try (HealthRig rig =
        new HealthRig(
            PostgresServer.shared(),
            PostgresServer.shared(),
            channel.publisher(),
            channel.subscriber("billing"))) {
      rig.captured.execute("drop function millrace.beat(text, bigint, bigint, text, bigint)");
      assertThat(rig.source.preflight())
          .anyMatch(finding -> finding.code().equals("heartbeat-missing"));
      rig.start();
      await(rig, () -> rig.pipeline.status().healthy());
      org.awaitility.Awaitility.await()
          .during(HealthRig.LIMIT.plusSeconds(1))
          .atMost(HealthRig.PATIENCE)
          .until(() -> rig.pipeline.status().healthy());
      assertThat(rig.pipeline.status().heartbeatAt()).isEmpty();
      // It was told to expect this service's.
      await(rig, () -> !rig.applier.status().healthy());
    }
  }

  private static void whileItHangs(TestServer server, Runnable look) {
    server.pause();
    try {
      look.run();
    } finally {
      server.resume();
    }
  }

  private static void healthy(HealthRig rig) {
    await(rig, rig::bothHealthy);
  }

  private static void await(HealthRig rig, java.util.concurrent.Callable<Boolean> condition) {
    org.awaitility.Awaitility.await(rig.toString()).atMost(HealthRig.PATIENCE).until(condition);
  }
}
