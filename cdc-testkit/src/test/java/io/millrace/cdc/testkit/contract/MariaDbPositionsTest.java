package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbPositionsTest extends PositionStoreContract {
  @Override
  protected PositionStoreHarness newHarness() {
    return new JdbcPositionsHarness(MariaDbServer.shared().createDatabase("positions"));
  }
}
