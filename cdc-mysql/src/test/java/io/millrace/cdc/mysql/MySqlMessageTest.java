package io.millrace.cdc.mysql;

class MySqlMessageTest extends MessageContract {
  MySqlMessageTest() {
    super(TestFlavour.MYSQL);
  }
}
