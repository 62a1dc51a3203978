package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

/** MariaDB keeps the targets' contract. */
@NeedsServer(ServerKind.MARIADB)
final class MariaDbTargetTest extends MySqlFamilyTargetContract {
  MariaDbTargetTest() {
    super(MariaDbServer.shared().createDatabase("target"), "uuid");
  }
}
