package io.millrace.cdc.mysql;

class MySqlSourceContractTest extends BinlogSourceContract {
  MySqlSourceContractTest() {
    super(TestFlavour.MYSQL);
  }
}
