package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogAppliedTest extends BinlogAppliedContract {
  MariaDbBinlogAppliedTest() {
    super(TestFlavour.MARIADB);
  }
}
