package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MYSQL)
class MySqlPositionsTest extends PositionStoreContract {
  @Override
  protected PositionStoreHarness newHarness() {
    return new JdbcPositionsHarness(MySqlServer.shared().createDatabase("positions"));
  }
}
