package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.NestingContract;

@NeedsServer(ServerKind.MARIADB)
final class MariaDbNestingTest extends NestingContract {
  @Override
  protected Database newDatabase() {
    return MariaDbServer.shared().createDatabase("nesting");
  }

  @Override
  protected JdbcTarget.Builder target(Database database) {
    return MySqlTarget.builder(database.dataSource());
  }

  @Override
  protected void widen(Database database, String table, String column, int size) {
    database.execute(
        "alter table " + table + " modify " + column + " varchar(" + size + ") not null");
  }
}
