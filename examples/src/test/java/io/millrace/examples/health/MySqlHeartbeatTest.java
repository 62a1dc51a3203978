package io.millrace.examples.health;

import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;

@NeedsServer({ServerKind.POSTGRES, ServerKind.MYSQL})
final class MySqlHeartbeatTest extends HeartbeatContract {
  @Override
  SqlServer server() {
    return MySqlServer.shared();
  }
}
