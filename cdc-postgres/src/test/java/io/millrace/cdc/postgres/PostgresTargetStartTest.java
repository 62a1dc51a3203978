package io.millrace.cdc.postgres;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.contract.SqlTargetHarness;
import io.millrace.cdc.testkit.contract.TargetStartContract;

/** What PostgreSQL refuses at an applier's start. */
final class PostgresTargetStartTest extends TargetStartContract {
  private final Database database = PostgresServer.shared().createDatabase("target");

  @Override
  protected SqlTargetHarness harness() {
    return new PostgresTargetTest.Harness(database);
  }

  @Override
  protected void cutOtherConnections(Database database) {
    PostgresTargetTest.cut(database);
  }
}
