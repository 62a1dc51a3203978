package io.millrace.cdc.mysql;

class MariaDbBinlogAppliedEdgesTest extends BinlogAppliedEdgesContract {
  MariaDbBinlogAppliedEdgesTest() {
    super(TestFlavour.MARIADB);
  }
}
