package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.NestingContract;

@NeedsServer(ServerKind.POSTGRES)
final class PostgresNestingTest extends NestingContract {
  @Override
  protected Database newDatabase() {
    return PostgresServer.shared().createDatabase("nesting");
  }

  @Override
  protected JdbcTarget.Builder target(Database database) {
    return PostgresTarget.builder(database.dataSource());
  }

  @Override
  protected void widen(Database database, String table, String column, int size) {
    database.execute(
        "alter table " + table + " alter column " + column + " type varchar(" + size + ")");
  }
}
