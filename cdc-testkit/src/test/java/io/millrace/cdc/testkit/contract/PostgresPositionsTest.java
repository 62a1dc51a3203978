package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.POSTGRES)
class PostgresPositionsTest extends PositionStoreContract {
  @Override
  protected PositionStoreHarness newHarness() {
    return new JdbcPositionsHarness(PostgresServer.shared().createDatabase("positions"));
  }
}
