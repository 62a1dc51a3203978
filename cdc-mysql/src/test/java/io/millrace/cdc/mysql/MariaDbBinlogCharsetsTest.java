package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogCharsetsTest extends BinlogCharsetsContract {
  MariaDbBinlogCharsetsTest() {
    super(TestFlavour.MARIADB);
  }
}
