package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import org.junit.jupiter.api.AfterAll;

@NeedsServer(ServerKind.MYSQL)
class MySqlPlacesXaTest extends BinlogXaContract {
  MySqlPlacesXaTest() {
    super(TestFlavour.MYSQL_PLACES);
  }

  @AfterAll
  static void closeServer() {
    TestFlavour.close();
  }
}
