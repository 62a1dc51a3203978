package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;

@NeedsServer(ServerKind.MYSQL)
class MySqlReplicaSharedTest extends ReplicaSharedContract {
  MySqlReplicaSharedTest() {
    super(TestFlavour.MYSQL);
  }
}
