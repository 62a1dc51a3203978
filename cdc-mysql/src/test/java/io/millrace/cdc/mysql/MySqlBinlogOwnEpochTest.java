package io.millrace.cdc.mysql;

class MySqlBinlogOwnEpochTest extends BinlogOwnEpochContract {
  MySqlBinlogOwnEpochTest() {
    super(TestFlavour.MYSQL);
  }
}
