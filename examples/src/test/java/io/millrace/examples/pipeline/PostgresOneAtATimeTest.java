package io.millrace.examples.pipeline;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
class PostgresOneAtATimeTest extends OneAtATimeContract {
  PostgresOneAtATimeTest() {
    super(PostgresServer.shared().createDatabase("lease"));
  }
}
