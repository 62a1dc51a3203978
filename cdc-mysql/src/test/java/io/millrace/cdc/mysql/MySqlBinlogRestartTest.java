package io.millrace.cdc.mysql;

class MySqlBinlogRestartTest extends BinlogRestartContract {
  MySqlBinlogRestartTest() {
    super(TestFlavour.MYSQL);
  }
}
