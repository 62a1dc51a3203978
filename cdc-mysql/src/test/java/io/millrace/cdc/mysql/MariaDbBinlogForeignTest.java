package io.millrace.cdc.mysql;

class MariaDbBinlogForeignTest extends BinlogForeignContract {
  MariaDbBinlogForeignTest() {
    super(TestFlavour.MARIADB);
  }
}
