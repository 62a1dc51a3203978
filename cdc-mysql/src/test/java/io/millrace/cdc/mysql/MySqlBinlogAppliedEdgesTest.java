package io.millrace.cdc.mysql;

class MySqlBinlogAppliedEdgesTest extends BinlogAppliedEdgesContract {
  MySqlBinlogAppliedEdgesTest() {
    super(TestFlavour.MYSQL);
  }
}
