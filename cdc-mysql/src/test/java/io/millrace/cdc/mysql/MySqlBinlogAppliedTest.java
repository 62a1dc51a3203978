package io.millrace.cdc.mysql;

class MySqlBinlogAppliedTest extends BinlogAppliedContract {
  MySqlBinlogAppliedTest() {
    super(TestFlavour.MYSQL);
  }
}
