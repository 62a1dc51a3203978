package io.millrace.cdc.postgres;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.contract.MoveContract;
import io.millrace.cdc.testkit.contract.MoveHarness;
import io.millrace.cdc.testkit.contract.SqlMoves;
import org.junit.jupiter.api.Test;

/** Rows whose key changes, on PostgreSQL. */
final class PostgresMoveTest extends MoveContract {
  private final Database database = PostgresServer.shared().createDatabase("moves");

  @Override
  protected MoveHarness harness() {
    return new SqlMoves(new PostgresTargetTest.Harness(database));
  }

  @Test
  void a_key_that_is_always_generated_moves_too() throws Exception {
    database.execute("alter table thing alter id add generated always as identity");
    oneByOne(true);
  }
}
