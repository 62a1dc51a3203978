package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogEchoTest extends BinlogEchoContract {
  MariaDbBinlogEchoTest() {
    super(TestFlavour.MARIADB);
  }
}
