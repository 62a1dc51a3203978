package io.millrace.cdc.mysql;

class MySqlBinlogForeignTest extends BinlogForeignContract {
  MySqlBinlogForeignTest() {
    super(TestFlavour.MYSQL);
  }
}
