package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MYSQL)
class MySqlPlacesRestartTest extends BinlogRestartContract {
  MySqlPlacesRestartTest() {
    super(TestFlavour.MYSQL_PLACES);
  }

  /** Whether the file that is gone held more than was read, nobody can tell. */
  @Override
  @Test
  void a_purged_witness_is_no_loss_where_nothing_after_it_is_missing() {
    // see MySqlPlacesTest
  }
}
