package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.MySqlServer;

/** MySQL keeps the targets' contract. */
final class MySqlTargetTest extends MySqlFamilyTargetContract {
  MySqlTargetTest() {
    super(MySqlServer.shared().createDatabase("target"), "binary(16)");
  }
}
