package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogValuesTest extends BinlogValuesContract {
  MariaDbBinlogValuesTest() {
    super(TestFlavour.MARIADB);
  }
}
