package io.millrace.cdc.mysql;

class MariaDbBinlogEchoTest extends BinlogEchoContract {
  MariaDbBinlogEchoTest() {
    super(TestFlavour.MARIADB);
  }
}
