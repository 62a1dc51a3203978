package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.pipeline.LostPosition;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Servers that were put back, restored, promoted or killed: a position is read on only where the
 * log it finds is the one it was made on, and what comes later always arrives.
 */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresForeignPositionTest {
  @TempDir Path positions;

  @Test
  void a_file_copy_put_back_behind_the_position_is_lost_and_later_changes_arrive()
      throws Exception {
    try (SyncRig rig = new SyncRig(positions);
        PostgresServer server = PostgresServer.startDedicated()) {
      Database database = SyncRig.captured(server);
      database.execute("insert into item values (1, 1), (2, 1)");
      long epoch = rig.sync(database);
      server.stop();
      Path copy = server.copyData();
      server.start();
      database.execute("insert into item values (3, 30)", "update item set v = 31 where id = 3");
      rig.sync(database);
      server.stop();
      try (PostgresServer restored = restored(copy)) {
        Database again = restored.database(database.name());
        assertThat(rig.failure(again)).contains("is gone", "ACCEPT_GAP", "log=test-");
        // The same log ids and transaction ids are given anew, to other changes.
        again.execute("insert into item values (3, 300)", "update item set v = 301 where id = 3");
        assertThat(rig.failure(again)).contains("was read as", "is now", "ACCEPT_GAP");
        try (Pipeline pipeline = rig.start(again, LostPosition.ACCEPT_GAP)) {
          rig.awaitSame(pipeline, again);
          assertThat(pipeline.status().epoch()).isGreaterThan(epoch);
          again.execute("update item set v = 302 where id = 3", "delete from item where id = 1");
          rig.awaitSame(pipeline, again);
        }
      }
    }
  }

  @Test
  void a_file_copy_put_back_with_the_position_in_it_goes_on_under_a_new_epoch() throws Exception {
    try (PostgresServer server = PostgresServer.startDedicated()) {
      Database database = SyncRig.captured(server);
      Database[] current = {database};
      try (SyncRig rig = new SyncRig(() -> JdbcPositions.in(current[0].dataSource()))) {
        database.execute("insert into item values (1, 1), (2, 1)");
        long epoch = rig.sync(database);
        server.stop();
        Path copy = server.copyData();
        server.start();
        database.execute("update item set v = 2", "update item set v = 3", "update item set v = 4");
        rig.sync(database);
        server.stop();
        try (PostgresServer restored = restored(copy)) {
          Database again = restored.database(database.name());
          current[0] = again;
          // Logged under ids that the consumer has seen already.
          again.execute("update item set v = 20");
          assertThat(rig.sync(again)).isGreaterThan(epoch);
        }
      }
    }
  }

  @Test
  void a_dump_in_a_new_cluster_that_holds_what_was_read_goes_on() throws Exception {
    try (SyncRig rig = new SyncRig(positions);
        PostgresServer server = PostgresServer.startDedicated();
        PostgresServer other = PostgresServer.startDedicated()) {
      Database database = SyncRig.captured(server);
      database.execute("insert into item values (1, 1), (2, 1)");
      long epoch = rig.sync(database);
      database.execute("update item set v = 2 where id = 1"); // in the dump, not read yet
      Database copy = Dump.of(database).restore(other.createDatabase("restored"));
      copy.execute("update item set v = 3 where id = 2", "insert into item values (3, 1)");
      long next = rig.sync(copy);
      assertThat(next).isGreaterThan(epoch);
      copy.execute("update item set v = 4");
      assertThat(rig.sync(copy)).isEqualTo(next);
    }
  }

  @Test
  void a_dump_in_a_new_cluster_that_lacks_what_was_read_is_lost() throws Exception {
    try (SyncRig rig = new SyncRig(positions);
        PostgresServer server = PostgresServer.startDedicated();
        PostgresServer other = PostgresServer.startDedicated()) {
      Database database = SyncRig.captured(server);
      database.execute("insert into item values (1, 1), (2, 1)");
      rig.sync(database);
      Dump dump = Dump.of(database);
      database.execute("update item set v = 2 where id = 1");
      rig.sync(database);
      Database copy = dump.restore(other.createDatabase("restored"));
      assertThat(rig.failure(copy)).contains("is gone", "ACCEPT_GAP");
      copy.execute("update item set v = 3 where id = 1");
      assertThat(rig.failure(copy)).contains("is now", "ACCEPT_GAP");
      try (Pipeline pipeline = rig.start(copy, LostPosition.ACCEPT_GAP)) {
        rig.awaitSame(pipeline, copy);
        copy.execute("update item set v = 4 where id = 1", "delete from item where id = 2");
        rig.awaitSame(pipeline, copy);
      }
    }
  }

  @Test
  void a_promoted_replica_that_lacks_what_was_read_is_lost_and_later_changes_arrive()
      throws Exception {
    try (SyncRig rig = new SyncRig(positions);
        Replicas replicas = new Replicas()) {
      Database primary = SyncRig.captured(replicas.primary());
      primary.execute("insert into item values (1, 1), (2, 1)");
      long epoch = rig.sync(primary);
      replicas.disconnect();
      primary.execute("insert into item values (3, 30)");
      rig.sync(primary);
      Database promoted = replicas.promote(primary);
      assertThat(rig.failure(promoted)).contains("is gone", "failover", "ACCEPT_GAP");
      promoted.execute("insert into item values (3, 300)");
      assertThat(rig.failure(promoted)).contains("ACCEPT_GAP");
      try (Pipeline pipeline = rig.start(promoted, LostPosition.ACCEPT_GAP)) {
        rig.awaitSame(pipeline, promoted);
        assertThat(pipeline.status().epoch()).isGreaterThan(epoch);
        promoted.execute("update item set v = 301 where id = 3");
        rig.awaitSame(pipeline, promoted);
      }
    }
  }

  @Test
  void a_promoted_replica_that_has_all_that_was_read_goes_on_under_a_new_epoch() throws Exception {
    try (SyncRig rig = new SyncRig(positions);
        Replicas replicas = new Replicas()) {
      Database primary = SyncRig.captured(replicas.primary());
      primary.execute("insert into item values (1, 1), (2, 1)");
      long epoch = rig.sync(primary);
      primary.execute("update item set v = 2 where id = 1"); // replicated, not read yet
      replicas.disconnect();
      primary.execute("update item set v = 9 where id = 2"); // neither
      Database promoted = replicas.promote(primary);
      promoted.execute("insert into item values (3, 1)");
      assertThat(rig.sync(promoted)).isGreaterThan(epoch);
      assertThat(SyncRig.rows(rig.target)).isEqualTo(Map.of(1, 2, 2, 1, 3, 1));
    }
  }

  @Test
  void a_promoted_replica_that_kept_the_last_row_read_but_not_an_earlier_one_is_lost()
      throws Exception {
    try (SyncRig rig = new SyncRig(positions);
        Replicas replicas = new Replicas()) {
      Database primary = SyncRig.captured(replicas.primary());
      primary.execute("insert into item values (1, 1), (2, 1)");
      rig.sync(primary);
      try (Connection late = primary.connect();
          Statement statement = late.createStatement()) {
        late.setAutoCommit(false);
        statement.execute("update item set v = 2 where id = 1"); // the lower log id
        primary.execute("update item set v = 2 where id = 2"); // the higher one, committed before
        replicas.disconnect();
        late.commit();
      }
      rig.sync(primary);
      Database promoted = replicas.promote(primary);
      assertThat(rig.failure(promoted))
          .contains("of the 2 rows of millrace.change_log that were read last, 1 are there now");
      promoted.execute("update item set v = 3 where id = 2");
      assertThat(rig.failure(promoted)).contains("of the 2 rows", "1 are there now", "ACCEPT_GAP");
      try (Pipeline pipeline = rig.start(promoted, LostPosition.ACCEPT_GAP)) {
        promoted.execute("update item set v = 4 where id = 1");
        rig.awaitSame(pipeline, promoted);
      }
    }
  }

  @Test
  void a_transaction_id_given_anew_after_a_crash_is_neither_skipped_nor_read_twice()
      throws Exception {
    ServerOptions slow =
        ServerOptions.defaults()
            .with("wal_writer_delay", "10s")
            .with("wal_writer_flush_after", "1GB")
            .with("autovacuum", "off");
    int anew = 0;
    try (PostgresServer server = PostgresServer.startDedicated(slow)) {
      Database database = SyncRig.captured(server);
      PostgresSource source = SyncRig.source(database);
      database.execute("insert into item values (0, 0)");
      Position position;
      long epoch;
      try (SourceReader reader =
          source.open(new ReaderStart("test", Optional.empty(), 0, FirstStart.NOW))) {
        position = reader.position();
        epoch = reader.epoch();
      }
      for (int round = 1; round <= 6; round++) {
        String aborted;
        try (SourceReader reader = SourceFixture.resume(source, position, epoch);
            Connection connection = database.connect();
            Statement statement = connection.createStatement()) {
          epoch = reader.epoch();
          database.execute("update item set v = " + round + " where id = 0");
          List<SourceBatch> read = SourceFixture.drain(reader);
          assertThat(SourceFixture.events(read)).hasSize(1);
          connection.setAutoCommit(false);
          statement.execute("insert into item values (1000, " + round + ")");
          try (var xid = statement.executeQuery("select pg_current_xact_id()")) {
            xid.next();
            aborted = xid.getString(1);
          }
          connection.rollback();
          List<SourceBatch> idle = SourceFixture.drain(reader);
          assertThat(SourceFixture.events(idle)).isEmpty();
          for (List<SourceBatch> batches : List.of(read, idle)) {
            for (SourceBatch batch : batches) {
              position = batch.position() == null ? position : batch.position();
            }
          }
        }
        server.kill();
        server.start();
        String again =
            database.value(
                "with i as (insert into item values (?, ?) returning id) select pg_current_xact_id() from i",
                round,
                round);
        anew += aborted.equals(again) ? 1 : 0;
        try (SourceReader reader = SourceFixture.resume(source, position, epoch)) {
          List<SourceBatch> read = SourceFixture.drain(reader);
          assertThat(SourceFixture.events(read))
              .extracting(ChangeEvent::id)
              .containsExactly(Integer.toString(round));
          position = read.get(read.size() - 1).position();
          epoch = reader.epoch();
        }
      }
    }
    System.out.printf("%d of 6 aborted transactions had their id given anew%n", anew);
    assertThat(anew).isPositive();
  }

  @Test
  void a_deleted_position_file_is_a_lost_position_and_no_first_start() throws Exception {
    Database database = SyncRig.captured(PostgresServer.shared());
    try (SyncRig rig = new SyncRig(positions)) {
      database.execute("insert into item values (1, 1)");
      long epoch = rig.sync(database);
      Files.delete(positions.resolve("out.position"));
      database.execute("update item set v = 2");
      assertThat(rig.failure(database))
          .contains("'out'", "millrace.reader", "no saved position", "ACCEPT_GAP");
      assertThat(SyncRig.rows(rig.target)).isEqualTo(Map.of(1, 1));
      try (Pipeline pipeline = rig.start(database, LostPosition.ACCEPT_GAP)) {
        rig.awaitSame(pipeline, database);
        assertThat(pipeline.status().epoch()).isGreaterThanOrEqualTo(epoch);
        database.execute("update item set v = 3");
        rig.awaitSame(pipeline, database);
      }
      database.execute("update item set v = 4");
      rig.sync(database); // and the accepted gap is no gap the next time
    } finally {
      database.drop();
    }
  }

  @Test
  void a_position_row_deleted_between_runs_or_in_one_is_lost_and_no_first_start() throws Exception {
    Database database = SyncRig.captured(PostgresServer.shared());
    Database store = PostgresServer.shared().createDatabase("store");
    try (SyncRig rig = new SyncRig(() -> JdbcPositions.in(store.dataSource()))) {
      database.execute("insert into item values (1, 1)");
      rig.sync(database);
      store.execute("delete from millrace_position");
      database.execute("update item set v = 2");
      assertThat(rig.failure(database)).contains("'out'", "no saved position", "ACCEPT_GAP");
      try (Pipeline pipeline = rig.start(database, LostPosition.ACCEPT_GAP)) {
        rig.awaitSame(pipeline, database);
      }
      try (Pipeline pipeline = rig.start(database)) {
        SyncRig.await(
            () -> pipeline.status().state() == PipelineState.RUNNING,
            () -> pipeline.status().toString());
        store.execute("delete from millrace_position");
        database.execute("update item set v = 3");
        SyncRig.await(
            () -> pipeline.status().state() == PipelineState.FAILED,
            () -> pipeline.status().toString());
        assertThat(pipeline.status().lastError().orElseThrow())
            .contains("'out'", "no saved position", "ACCEPT_GAP");
      }
      try (Pipeline pipeline = rig.start(database, LostPosition.ACCEPT_GAP)) {
        database.execute("update item set v = 4");
        rig.awaitSame(pipeline, database);
      }
    } finally {
      store.drop();
      database.drop();
    }
  }

  private static PostgresServer restored(Path copy) {
    return PostgresServer.startDedicated(ServerOptions.defaults().withDataFrom(copy));
  }

  /** A primary with a streaming replica. */
  private static final class Replicas implements AutoCloseable {
    private final PostgresServer primary = PostgresServer.startDedicated();
    private final PostgresServer replica;

    Replicas() throws Exception {
      primary.stop();
      Path copy = primary.copyData();
      primary.start();
      Files.createFile(copy.resolve("data").resolve("standby.signal"));
      replica =
          PostgresServer.startDedicated(
              ServerOptions.defaults()
                  .withDataFrom(copy)
                  .with("hot_standby_feedback", "on")
                  .with("wal_receiver_status_interval", "1"));
      replica
          .admin()
          .execute(
              "alter system set primary_conninfo = 'host=%s port=%s user=postgres'"
                  .formatted(primary.host(), primary.port()),
              "select pg_reload_conf()");
    }

    PostgresServer primary() {
      return primary;
    }

    /** The replica has all that is committed now, and nothing of what comes. */
    void disconnect() throws Exception {
      String lsn = String.valueOf(primary.admin().value("select pg_current_wal_flush_lsn()"));
      SyncRig.await(
          () ->
              "true"
                  .equals(
                      replica
                          .admin()
                          .value(
                              "select (coalesce(pg_last_wal_replay_lsn(), '0/0') >= '"
                                  + lsn
                                  + "')::text")),
          () -> "the replica does not reach " + lsn);
      replica.admin().execute("alter system set primary_conninfo = ''", "select pg_reload_conf()");
      SyncRig.await(
          () -> replica.admin().number("select count(*) from pg_stat_wal_receiver") == 0,
          () -> "the replica is still connected");
    }

    /** The primary dies, the replica takes over. */
    Database promote(Database database) throws Exception {
      primary.kill();
      replica.admin().execute("select pg_promote(true, 60)");
      SyncRig.await(
          () -> "false".equals(replica.admin().value("select pg_is_in_recovery()::text")),
          () -> "the replica is not promoted");
      return replica.database(database.name());
    }

    @Override
    public void close() {
      replica.close();
      primary.close();
    }
  }

  /**
   * What pg_dump would write of these tables, and psql read: definitions, rows with their columns'
   * defaults and all, and where sequences stand. Neither program comes with the test server.
   */
  private record Dump(List<String> statements) {
    private static final List<String> TABLES =
        List.of("millrace.registration", "millrace.reader", "millrace.change_log", "public.item");

    static Dump of(Database database) {
      List<String> statements = new ArrayList<>();
      for (String table : TABLES) {
        statements.add("delete from " + table);
        for (List<?> row :
            database.query("select t::" + table + "::text from " + table + " t order by 1")) {
          statements.add(
              "insert into "
                  + table
                  + " select ("
                  + Sql.literal((String) row.get(0))
                  + "::"
                  + table
                  + ").*");
        }
      }
      statements.add(
          "select setval('millrace.change_log_id', %s, %s)"
              .formatted(
                  database.number("select last_value from millrace.change_log_id"),
                  database.value("select is_called::text from millrace.change_log_id")));
      return new Dump(statements);
    }

    Database restore(Database empty) {
      empty.execute("create table item (id int primary key, v int)");
      SyncRig.source(empty).changeLog().install();
      SyncRig.withoutHeartbeats(empty);
      // psql restores rows before it makes triggers.
      empty.execute("alter table item disable trigger user");
      statements.forEach(empty::execute);
      for (String trigger : List.of(TriggerDdl.ROW, TriggerDdl.UPDATE, TriggerDdl.TRUNCATE)) {
        empty.execute("alter table item enable always trigger " + Sql.identifier(trigger));
      }
      return empty;
    }
  }
}
