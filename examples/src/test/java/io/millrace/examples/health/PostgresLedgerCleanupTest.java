package io.millrace.examples.health;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import java.util.List;

@NeedsServer(ServerKind.POSTGRES)
final class PostgresLedgerCleanupTest extends LedgerCleanupContract {
  @Override
  SqlServer server() {
    return PostgresServer.shared();
  }

  @Override
  JdbcTarget.Builder target(Database database) {
    return PostgresTarget.builder(database.dataSource());
  }

  @Override
  List<String> remembered(Database database) {
    return database.query("select id from millrace.ledger order by id").stream()
        .map(row -> String.valueOf(row.get(0)))
        .toList();
  }
}
