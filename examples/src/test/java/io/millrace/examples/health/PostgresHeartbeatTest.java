package io.millrace.examples.health;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;

@NeedsServer({ServerKind.POSTGRES, ServerKind.POSTGRES})
final class PostgresHeartbeatTest extends HeartbeatContract {
  @Override
  SqlServer server() {
    return PostgresServer.shared();
  }
}
