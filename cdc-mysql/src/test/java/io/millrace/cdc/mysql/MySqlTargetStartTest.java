package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.SqlTargetHarness;
import io.millrace.cdc.testkit.contract.TargetStartContract;

/** What MySQL refuses at an applier's start. */
@NeedsServer(ServerKind.MYSQL)
final class MySqlTargetStartTest extends TargetStartContract {
  private final Database database = MySqlServer.shared().createDatabase("target");

  @Override
  protected SqlTargetHarness harness() {
    return new MySqlFamilyTargetContract.Harness(database, "binary(16)");
  }

  @Override
  protected void cutOtherConnections(Database database) {
    MySqlFamilyTargetContract.cut(database);
  }
}
