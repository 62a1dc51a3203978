package io.millrace.examples.health;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import java.util.List;

@NeedsServer(ServerKind.MARIADB)
final class MariaDbLedgerCleanupTest extends LedgerCleanupContract {
  @Override
  SqlServer server() {
    return MariaDbServer.shared();
  }

  @Override
  JdbcTarget.Builder target(Database database) {
    return MySqlTarget.builder(database.dataSource());
  }

  @Override
  List<String> remembered(Database database) {
    return database.query("select cast(id as char) from millrace_ledger order by id").stream()
        .map(row -> String.valueOf(row.get(0)))
        .toList();
  }
}
