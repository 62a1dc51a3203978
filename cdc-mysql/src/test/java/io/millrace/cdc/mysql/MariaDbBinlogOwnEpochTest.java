package io.millrace.cdc.mysql;

class MariaDbBinlogOwnEpochTest extends BinlogOwnEpochContract {
  MariaDbBinlogOwnEpochTest() {
    super(TestFlavour.MARIADB);
  }
}
