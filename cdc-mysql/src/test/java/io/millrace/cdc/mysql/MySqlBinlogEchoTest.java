package io.millrace.cdc.mysql;

class MySqlBinlogEchoTest extends BinlogEchoContract {
  MySqlBinlogEchoTest() {
    super(TestFlavour.MYSQL);
  }
}
