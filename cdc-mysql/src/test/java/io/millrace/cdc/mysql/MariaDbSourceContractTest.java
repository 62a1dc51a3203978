package io.millrace.cdc.mysql;

class MariaDbSourceContractTest extends BinlogSourceContract {
  MariaDbSourceContractTest() {
    super(TestFlavour.MARIADB);
  }
}
