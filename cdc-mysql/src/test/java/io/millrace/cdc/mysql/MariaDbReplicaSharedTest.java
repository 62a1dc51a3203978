package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MARIADB)
class MariaDbReplicaSharedTest extends ReplicaSharedContract {
  MariaDbReplicaSharedTest() {
    super(TestFlavour.MARIADB);
  }
}
