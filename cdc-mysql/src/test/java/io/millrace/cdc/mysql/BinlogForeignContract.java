package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.pipeline.LostPosition;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Positions that are not, or no longer, of the log that is found: each is told, and whatever is
 * written afterwards arrives, from pipeline through applier in a target.
 */
abstract class BinlogForeignContract {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final TestFlavour flavour;
  private final Replication replication;
  @TempDir private Path directory;
  ForeignRig rig;

  BinlogForeignContract(TestFlavour flavour) {
    this.flavour = flavour;
    this.replication = new Replication(flavour);
  }

  @BeforeEach
  void makeRig() {
    rig = new ForeignRig(flavour, directory);
  }

  @AfterEach
  void closeRig() {
    rig.close();
  }

  private SqlServer server() {
    return rig.source.server();
  }

  /** Some rows that were published, applied, and whose position is saved. */
  void begin() {
    rig.running(LostPosition.STOP);
    rig.write("first", 1, 2, 3);
    rig.awaitArrived(1, 2, 3);
    rig.closePipeline();
  }

  /** More of that, with several log files, to come after a backup. */
  private void goOn() {
    rig.running(LostPosition.STOP);
    for (int i = 0; i < 3; i++) {
      rig.write("lost " + i, 1, 2, 3, 4, 5);
      rig.source.execute("flush binary logs");
    }
    rig.write("lost", 1, 2, 3, 4, 5);
    rig.awaitArrived(1, 2, 3, 4, 5);
    rig.closePipeline();
  }

  private void acceptGapAndGoOn() {
    rig.running(LostPosition.ACCEPT_GAP);
    rig.assertGoesOn("kept");
    rig.closePipeline();
    rig.running(LostPosition.STOP);
    rig.assertGoesOn("kept on");
  }

  void reset() {
    rig.source.execute(replication.reset());
  }

  private String executed(Database database) {
    return replication.executed(database);
  }

  @Test
  void a_restart_of_the_server_raises_the_epoch_and_loses_nothing() {
    begin();
    long epoch = rig.epoch();
    server().stop();
    server().start();
    rig.running(LostPosition.STOP);
    assertThat(rig.epoch()).isGreaterThan(epoch);
    rig.assertGoesOn("restarted");
    assertThat(rig.dropped()).isZero();
    long risen = rig.epoch();
    rig.closePipeline();
    rig.running(LostPosition.STOP);
    assertThat(rig.epoch()).isEqualTo(risen);
    rig.assertGoesOn("opened again");
    assertThat(rig.published()).isEqualTo(6);
  }

  @Test
  void a_data_directory_put_back_together_with_its_positions_goes_on_under_a_new_epoch() {
    rig.positionsInSource = true;
    begin();
    server().stop();
    Path backup = server().copyData();
    server().start();
    goOn();
    long epoch = rig.epoch();
    server().close();
    rig.switchTo(rig.start(ServerOptions.defaults().withDataFrom(backup)));
    rig.running(LostPosition.STOP);
    assertThat(rig.epoch()).isGreaterThan(epoch);
    rig.assertGoesOn("restored");
    assertThat(rig.dropped()).isZero();
  }

  @Test
  void
      a_data_directory_put_back_without_its_positions_is_told_and_goes_on_where_that_is_accepted() {
    begin();
    server().stop();
    Path backup = server().copyData();
    server().start();
    goOn();
    String before = executed(rig.source);
    server().close();
    rig.switchTo(rig.start(ServerOptions.defaults().withDataFrom(backup)));
    assertThat(rig.refused())
        .contains("never executed", "restored, reset, or took over", "ACCEPT_GAP")
        .contains(lastOf(before));
    // It writes on, until every transaction that was read has its like.
    for (int i = 0; i < 60; i++) {
      rig.write("restored " + i, 4);
    }
    assertThat(rig.refused()).contains(hasItsLike(), "ACCEPT_GAP");
    acceptGapAndGoOn();
  }

  /** Without GTIDs it would have to write as many files, too. */
  private String hasItsLike() {
    return flavour == TestFlavour.MYSQL_PLACES ? "never executed" : "holds another transaction";
  }

  /** The number that the newest transaction ends with. */
  private static String lastOf(String executed) {
    return executed.substring(Math.max(executed.lastIndexOf('-'), executed.lastIndexOf(':')) + 1);
  }

  @Test
  void a_reset_log_is_told_and_goes_on_where_that_is_accepted() {
    begin();
    reset();
    rig.write("reset", 4);
    assertThat(rig.refused()).contains("never executed", "reset", "ACCEPT_GAP");
    acceptGapAndGoOn();
  }

  @Test
  void a_log_that_is_reset_under_a_running_pipeline_is_told() {
    rig.running(LostPosition.STOP);
    rig.write("first", 1, 2, 3);
    rig.awaitArrived(1, 2, 3);
    reset();
    rig.write("reset", 4);
    assertThat(rig.failure()).contains("reset", "ACCEPT_GAP");
    acceptGapAndGoOn();
  }

  @Test
  void a_log_that_was_reset_and_told_what_it_had_executed_goes_on_under_a_new_epoch() {
    begin();
    long epoch = rig.epoch();
    String executed = executed(rig.source);
    reset();
    rig.source.execute(
        flavour == TestFlavour.MYSQL
            ? "set global gtid_purged = '" + executed + "'"
            : "set global gtid_binlog_state = '" + executed + "'");
    rig.running(LostPosition.STOP);
    assertThat(rig.epoch()).isGreaterThan(epoch);
    rig.assertGoesOn("reset");
    assertThat(rig.dropped()).isZero();
  }

  @Test
  void purged_transactions_are_named() {
    begin();
    rig.write("purged", 4, 5);
    String gone = flavour == TestFlavour.MYSQL_PLACES ? ":4" : executed(rig.source);
    purge();
    assertThat(rig.refused())
        .contains("has purged", lastOf(gone), "binlog_expire_logs_seconds", "ACCEPT_GAP");
    acceptGapAndGoOn();
  }

  private void purge() {
    if (flavour == TestFlavour.MARIADB) {
      // else it keeps everything while no replica is connected
      rig.source.execute("set global slave_connections_needed_for_purge = 0");
    }
    rig.source.execute("flush binary logs");
    // MariaDB keeps a log until its engines have confirmed what is in it
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              List<List<Object>> logs = rig.source.query("show binary logs");
              rig.source.execute("purge binary logs to '" + logs.get(logs.size() - 1).get(0) + "'");
              return rig.source.query("show binary logs").size() == 1;
            });
  }

  @Test
  void a_deleted_position_is_told_and_goes_on_where_that_is_accepted() throws IOException {
    begin();
    try (var files = Files.walk(directory)) {
      files.filter(Files::isRegularFile).forEach(file -> file.toFile().delete());
    }
    rig.write("unread", 4);
    assertThat(rig.refused()).contains("'out'", "has read this log before", "ACCEPT_GAP");
    acceptGapAndGoOn();
    rig.awaitArrived(4);
  }

  @Test
  void a_deleted_row_of_the_positions_is_told_and_goes_on_where_that_is_accepted() {
    rig.positionsInSource = true;
    begin();
    rig.source.execute("delete from millrace_position");
    rig.write("unread", 4);
    assertThat(rig.refused()).contains("'out'", "has read this log before", "ACCEPT_GAP");
    acceptGapAndGoOn();
    rig.awaitArrived(4);
  }

  @Test
  void a_replica_with_all_transactions_takes_over_under_a_new_epoch() {
    SqlServer replica = replicaOf(server());
    begin();
    long epoch = rig.epoch();
    rig.write("unread", 4);
    promote(replica, executed(rig.source));
    rig.running(LostPosition.STOP);
    assertThat(rig.epoch()).isGreaterThan(epoch);
    rig.awaitArrived(4);
    rig.assertGoesOn("promoted");
    assertThat(rig.dropped()).isZero();
  }

  @Test
  void a_replica_that_lacks_transactions_is_told_and_goes_on_where_that_is_accepted() {
    SqlServer replica = replicaOf(server());
    begin();
    caughtUp(replica, executed(rig.source));
    replica.admin().execute(replication.stop());
    goOn();
    String lost = executed(rig.source);
    promote(replica, "");
    assertThat(rig.refused()).contains("never executed", lastOf(lost), "took over", "ACCEPT_GAP");
    for (int i = 0; i < 60; i++) {
      rig.write("promoted " + i, 4);
    }
    // Its own transactions have numbers beyond those that were read.
    assertThat(rig.refused()).contains("ACCEPT_GAP");
    acceptGapAndGoOn();
  }

  @Test
  void a_replica_with_transactions_of_its_own_takes_over_and_they_are_read() {
    SqlServer replica = replicaOf(server());
    begin();
    caughtUp(replica, executed(rig.source));
    if (flavour == TestFlavour.MARIADB) {
      // In a domain of its own: within one, MariaDB orders all servers' transactions.
      replica.admin().execute("set global gtid_domain_id = 7");
    }
    replica.database(rig.source.name()).execute("insert into orders values (77, 'errant')");
    rig.write("last", 5);
    promote(replica, executed(rig.source));
    rig.running(LostPosition.STOP);
    rig.awaitArrived(77, 5);
    rig.assertGoesOn("promoted");
    assertThat(rig.dropped()).isZero();
  }

  private SqlServer replicaOf(SqlServer server) {
    return replication.attach(rig.start(Replication.options()), server);
  }

  private void caughtUp(SqlServer replica, String executed) {
    replication.awaitExecuted(replica, executed);
  }

  /** Ends the captured server; the replica becomes it as soon as it has executed what is said. */
  private void promote(SqlServer replica, String executed) {
    if (!executed.isEmpty()) {
      caughtUp(replica, executed);
    }
    server().kill();
    replication.detach(replica);
    rig.switchTo(replica);
  }

  @Test
  void a_log_whose_end_a_crash_took_is_told_or_goes_on_and_what_follows_arrives() throws Exception {
    begin();
    Path backup = crashWithout(() -> rig.write("torn off", 4, 5));
    rig.switchTo(rig.start(ServerOptions.defaults().withDataFrom(backup)));
    // InnoDB keeps what its own log has. MySQL knows then that these transactions are gone from the
    // binary log; MariaDB knows nothing of them, which is why preflight wants sync_binlog=1.
    long kept = rig.source.number("select count(*) from orders where note = 'torn off'");
    if (flavour == TestFlavour.MYSQL && kept > 0) {
      assertThat(rig.refused()).contains("has purged", "ACCEPT_GAP");
    }
    rig.run(LostPosition.ACCEPT_GAP);
    rig.assertGoesOn("after the crash");
    assertThat(rig.dropped()).isZero();
  }

  @Test
  void a_log_whose_end_was_read_before_a_crash_took_it_is_told_or_goes_on_under_a_new_epoch()
      throws Exception {
    begin();
    long epoch = rig.epoch();
    Path backup = crashWithout(this::goOnInOneFile);
    rig.switchTo(rig.start(ServerOptions.defaults().withDataFrom(backup)));
    for (int i = 0; i < 10; i++) {
      rig.write("after the crash " + i, 1);
    }
    rig.run(LostPosition.ACCEPT_GAP);
    rig.assertGoesOn("after the crash");
    assertThat(rig.epoch()).isGreaterThan(epoch);
    assertThat(rig.dropped()).isZero();
  }

  private void goOnInOneFile() {
    rig.running(LostPosition.STOP);
    rig.write("torn off", 1, 2, 3, 4, 5);
    rig.awaitArrived(1, 2, 3, 4, 5);
    rig.closePipeline();
  }

  /** As a power cut would with sync_binlog=0: rows stay, the end of the log does not. */
  private Path crashWithout(Runnable writes) throws IOException {
    List<List<Object>> logs = rig.source.query("show binary logs");
    List<Object> last = logs.get(logs.size() - 1);
    writes.run();
    server().kill();
    Path backup = server().copyData();
    try (var files = Files.walk(backup)) {
      Path file =
          files.filter(path -> path.getFileName().toString().equals(last.get(0))).findFirst().get();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(((Number) last.get(1)).longValue());
      }
    }
    return backup;
  }

  @Test
  void a_captured_table_that_is_dropped_stops_the_pipeline_and_one_that_comes_back_goes_on() {
    begin();
    rig.running(LostPosition.STOP);
    rig.source.execute("create table spare like orders", "drop table spare");
    rig.write("still there", 1);
    rig.awaitArrived(1);
    assertThat(rig.lastError()).isEmpty();
    rig.source.execute(
        "create table orders_new like orders",
        "insert into orders_new select * from orders",
        "rename table orders to orders_old, orders_new to orders");
    rig.write("renamed", 1, 2);
    rig.awaitArrived(1, 2);
    assertThat(rig.lastError()).contains("dropped or renamed", "rename table orders");
    rig.source.execute("alter table orders rename column note to remark, rename to elsewhere");
    assertThat(rig.failure()).contains(".orders does not exist");
    rig.source.execute("alter table elsewhere rename to orders, rename column remark to note");
    rig.running(LostPosition.STOP);
    rig.assertGoesOn("back");
    rig.source.server().createDatabase("gone").drop();
    rig.write("not this one", 1);
    rig.awaitArrived(1);
    assertThat(rig.lastError()).doesNotContain("gone");
    rig.source.drop();
    assertThat(rig.failure()).contains("Unknown database");
  }
}
