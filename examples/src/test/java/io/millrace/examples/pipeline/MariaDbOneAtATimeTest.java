package io.millrace.examples.pipeline;

import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA, ServerKind.MARIADB})
class MariaDbOneAtATimeTest extends OneAtATimeContract {
  MariaDbOneAtATimeTest() {
    super(MariaDbServer.shared().createDatabase("lease"));
  }
}
