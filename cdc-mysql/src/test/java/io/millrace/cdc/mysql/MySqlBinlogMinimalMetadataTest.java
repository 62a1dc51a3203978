package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MYSQL)
class MySqlBinlogMinimalMetadataTest extends BinlogMinimalMetadataContract {
  MySqlBinlogMinimalMetadataTest() {
    super(TestFlavour.MYSQL, "MINIMAL");
  }
}
