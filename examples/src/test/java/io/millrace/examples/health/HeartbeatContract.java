package io.millrace.examples.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.SeenHeartbeat;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import org.junit.jupiter.api.Test;

/** Heartbeats go from the captured database to the applier, and nowhere else. */
abstract class HeartbeatContract {
  private final InProcessTransport channel =
      InProcessTransport.builder().name("shop").partitions(3).build();

  abstract SqlServer server();

  @Test
  void a_heartbeat_goes_the_whole_way_through_every_partition_and_is_no_event() {
    try (HealthRig rig =
        HealthRig.shared(server(), channel.publisher(), channel.subscriber("billing")).start()) {
      await()
          .atMost(HealthRig.PATIENCE)
          .until(() -> rig.applier.status().heartbeats().size() == 3 && rig.bothHealthy());
      await()
          .atMost(HealthRig.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(rig.applier.status().heartbeats())
                      .allMatch(seen -> seen.heartbeat().acknowledged().isPresent()));
      rig.captured.execute("insert into item values (1, 'one')");
      await().atMost(HealthRig.PATIENCE).until(() -> rig.applier.status().applied() == 1);
      SeenHeartbeat seen = rig.applier.status().heartbeats().get(0);
      assertThat(seen.service()).isEqualTo("shop");
      assertThat(seen.log()).isEqualTo(rig.pipeline.status().log());
      assertThat(seen.heartbeat().pipeline()).isEqualTo("shop-out");
      assertThat(rig.pipeline.status().counters().captured()).isEqualTo(1);
      assertThat(rig.pipeline.status().counters().acknowledged()).isEqualTo(1);
      assertThat(rig.applier.status().ignored()).isZero();
      assertThat(rig.applier.status().duplicates()).isZero();
    }
  }
}
