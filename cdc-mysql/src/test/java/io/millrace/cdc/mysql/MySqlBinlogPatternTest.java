package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MYSQL)
class MySqlBinlogPatternTest extends BinlogPatternContract {
  MySqlBinlogPatternTest() {
    super(TestFlavour.MYSQL);
  }
}
