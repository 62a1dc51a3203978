package io.millrace.cdc.mysql;

class MariaDbMessageTest extends MessageContract {
  MariaDbMessageTest() {
    super(TestFlavour.MARIADB);
  }
}
