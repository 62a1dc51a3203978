package io.millrace.cdc.mysql;

class MariaDbBinlogValuesTest extends BinlogValuesContract {
  MariaDbBinlogValuesTest() {
    super(TestFlavour.MARIADB);
  }
}
