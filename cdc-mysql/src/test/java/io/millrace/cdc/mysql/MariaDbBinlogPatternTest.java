package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogPatternTest extends BinlogPatternContract {
  MariaDbBinlogPatternTest() {
    super(TestFlavour.MARIADB);
  }
}
