package io.millrace.cdc.mysql;

class MariaDbBinlogAppliedTest extends BinlogAppliedContract {
  MariaDbBinlogAppliedTest() {
    super(TestFlavour.MARIADB);
  }
}
