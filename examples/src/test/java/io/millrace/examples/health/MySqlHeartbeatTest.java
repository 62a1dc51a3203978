package io.millrace.examples.health;

import static org.awaitility.Awaitility.await;

import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@NeedsServer({ServerKind.POSTGRES, ServerKind.MYSQL})
final class MySqlHeartbeatTest extends HeartbeatContract {
  @Override
  SqlServer server() {
    return MySqlServer.shared();
  }

  @Test
  void the_status_says_how_long_the_binary_log_is_kept() {
    InProcessTransport channel = InProcessTransport.builder().name("shop").build();
    String seconds = "select @@global.binlog_expire_logs_seconds";
    try (HealthRig rig =
        HealthRig.shared(server(), channel.publisher(), channel.subscriber("billing")).start()) {
      Duration kept = Duration.ofSeconds(rig.captured.number(seconds));
      await()
          .atMost(HealthRig.PATIENCE)
          .until(() -> rig.pipeline.status().headroom().equals(Optional.of(kept)));
    }
  }
}
