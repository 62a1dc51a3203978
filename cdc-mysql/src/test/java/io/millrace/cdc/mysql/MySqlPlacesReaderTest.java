package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import org.junit.jupiter.api.AfterAll;

@NeedsServer(ServerKind.MYSQL)
class MySqlPlacesReaderTest extends BinlogReaderContract {
  MySqlPlacesReaderTest() {
    super(TestFlavour.MYSQL_PLACES);
  }

  @AfterAll
  static void closeServer() {
    TestFlavour.close();
  }
}
