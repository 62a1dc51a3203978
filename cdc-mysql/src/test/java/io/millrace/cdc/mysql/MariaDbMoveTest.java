package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.MoveContract;
import io.millrace.cdc.testkit.contract.MoveHarness;
import io.millrace.cdc.testkit.contract.SqlMoves;

/** Rows whose key changes, on MariaDB. */
@NeedsServer(ServerKind.MARIADB)
final class MariaDbMoveTest extends MoveContract {
  private final Database database = MariaDbServer.shared().createDatabase("moves");

  @Override
  protected MoveHarness harness() {
    return new SqlMoves(new MySqlFamilyTargetContract.Harness(database, "uuid"));
  }
}
