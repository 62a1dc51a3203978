package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.MariaDbServer;

/** MariaDB keeps the targets' contract. */
final class MariaDbTargetTest extends MySqlFamilyTargetContract {
  MariaDbTargetTest() {
    super(MariaDbServer.shared().createDatabase("target"), "uuid");
  }
}
