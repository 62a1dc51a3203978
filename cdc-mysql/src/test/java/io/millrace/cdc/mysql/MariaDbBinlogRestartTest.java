package io.millrace.cdc.mysql;

class MariaDbBinlogRestartTest extends BinlogRestartContract {
  MariaDbBinlogRestartTest() {
    super(TestFlavour.MARIADB);
  }
}
