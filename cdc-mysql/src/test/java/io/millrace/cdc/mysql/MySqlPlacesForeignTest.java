package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MYSQL)
class MySqlPlacesForeignTest extends BinlogForeignContract {
  MySqlPlacesForeignTest() {
    super(TestFlavour.MYSQL_PLACES);
  }

  @AfterAll
  static void closeServer() {
    TestFlavour.close();
  }

  /** Nobody can tell it what it had executed: places count from the beginning again. */
  @Override
  @Test
  void a_log_that_was_reset_and_told_what_it_had_executed_goes_on_under_a_new_epoch() {
    begin();
    reset();
    assertThat(rig.refused()).contains("never executed", "ACCEPT_GAP");
  }

  @Override
  @Test
  void a_replica_with_all_transactions_takes_over_under_a_new_epoch() {
    begin();
    SqlServer other = rig.start(ServerOptions.defaults().with("server-id", "2"));
    other.admin().execute("create database " + rig.source.name());
    Database there = other.database(rig.source.name());
    there.execute("create table orders (id int primary key, note varchar(50) not null)");
    rig.switchTo(other);
    rig.mySqlSource().registration().install();
    assertThat(rig.refused())
        .contains("a place in the log files of server", "gtid_mode=ON", "ACCEPT_GAP");
  }

  @Override
  @Test
  void a_replica_that_lacks_transactions_is_told_and_goes_on_where_that_is_accepted() {
    // No failover without GTIDs, see above.
  }

  @Override
  @Test
  void a_replica_with_transactions_of_its_own_takes_over_and_they_are_read() {
    // No failover without GTIDs, see above.
  }
}
