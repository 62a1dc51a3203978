package io.millrace.examples.health;

import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;

@NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB})
final class MariaDbHeartbeatTest extends HeartbeatContract {
  @Override
  SqlServer server() {
    return MariaDbServer.shared();
  }
}
