package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogMinimalMetadataTest extends BinlogMinimalMetadataContract {
  MariaDbBinlogMinimalMetadataTest() {
    super(TestFlavour.MARIADB, "NO_LOG", "MINIMAL");
  }
}
