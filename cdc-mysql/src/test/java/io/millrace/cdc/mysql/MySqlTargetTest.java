package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

/** MySQL keeps the targets' contract. */
@NeedsServer(ServerKind.MYSQL)
final class MySqlTargetTest extends MySqlFamilyTargetContract {
  MySqlTargetTest() {
    super(MySqlServer.shared().createDatabase("target"), "binary(16)");
  }
}
