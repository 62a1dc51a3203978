package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an applier writes, played by plain SQL as ARCHITECTURE.md has it. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresEchoTest {
  private Database database;
  private PostgresSource source;
  private SourceReader reader;

  @BeforeEach
  void install() {
    database = PostgresServer.shared().createDatabase("echo");
    database.execute(
        "create table item (id int, code text, note text, primary key (code, id))",
        "create table audit (id bigint generated always as identity primary key, what text)",
        "create table parent (id int primary key)",
        "create table child (id int primary key, parent int references parent on delete cascade)");
    source = SourceFixture.install(database, "item", "audit", "parent", "child");
    database.execute(
        "create table millrace.ledger (applier text, entity text, id text, log text, version bytea, state smallint, shadow bytea,"
            + " mark_table text, mark_key text, mark bigint, hops int, xid xid8, applied_at timestamptz, format smallint,"
            + " primary key (applier, entity, id, log))");
    reader = SourceFixture.openNow(source);
  }

  @AfterEach
  void drop() {
    reader.close();
    database.drop();
  }

  @Test
  void an_applied_insert_update_and_delete_are_left_out() throws Exception {
    apply("item", "'a', 1", 0, "insert into item values (1, 'a', 'x')");
    apply("item", "'a', 1", 0, "update item set note = 'y' where id = 1");
    apply("item", "'a', 1", 0, "delete from item where id = 1");
    List<SourceBatch> batches = SourceFixture.drain(reader);
    assertThat(SourceFixture.events(batches)).isEmpty();
    assertThat(batches.stream().mapToInt(SourceBatch::echoes).sum()).isEqualTo(3);
    assertThat(batches.get(batches.size() - 1).position()).isNotNull();
  }

  @Test
  void an_applied_key_change_is_left_out_by_its_new_key() throws Exception {
    apply("item", "'a', 1", 0, "insert into item values (1, 'a', 'x')");
    apply("item", "'a', 2", 0, "update item set id = 2 where id = 1");
    assertThat(SourceFixture.events(SourceFixture.drain(reader))).isEmpty();
  }

  @Test
  void a_local_write_of_the_same_row_right_after_is_published() throws Exception {
    apply("item", "'a', 1", 0, "insert into item values (1, 'a', 'x')");
    database.execute("update item set note = 'local' where id = 1");
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.type()).isEqualTo(ChangeType.UPDATED);
    assertThat(event.hops()).isZero();
  }

  @Test
  void what_a_trigger_writes_to_another_table_is_published_with_one_hop_more() throws Exception {
    database.execute(
        "create function note() returns trigger language plpgsql as $$ begin insert into audit (what) values (new.code); return null;"
            + " end $$",
        "create trigger note after insert on item for each row execute function note()");
    apply("item", "'a', 1", 2, "insert into item values (1, 'a', 'x')");
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.entity()).isEqualTo("audit");
    assertThat(event.hops()).isEqualTo(3);
  }

  @Test
  void what_a_trigger_changes_in_the_applied_row_itself_afterwards_is_published() throws Exception {
    database.execute(
        "create function touch() returns trigger language plpgsql as $$ begin update item set note = 'touched' where id = new.id;"
            + " return null; end $$",
        "create trigger touch after insert on item for each row execute function touch()");
    apply("item", "'a', 1", 0, "insert into item values (1, 'a', 'x')");
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.type()).isEqualTo(ChangeType.UPDATED);
    assertThat(event.hops()).isEqualTo(1);
  }

  @Test
  void what_a_before_trigger_does_to_the_applied_row_is_the_appliers() throws Exception {
    database.execute(
        "create function stamp() returns trigger language plpgsql as $$ begin new.note := 'stamped'; return new; end $$",
        "create trigger stamp before insert on item for each row execute function stamp()");
    apply("item", "'a', 1", 0, "insert into item values (1, 'a', 'x')");
    assertThat(SourceFixture.events(SourceFixture.drain(reader))).isEmpty();
  }

  @Test
  void rows_deleted_by_a_cascade_are_published() throws Exception {
    database.execute("insert into parent values (1)", "insert into child values (7, 1)");
    SourceFixture.read(reader, 2);
    apply("parent", "1", 0, "delete from parent where id = 1");
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.entity()).isEqualTo("child");
    assertThat(event.type()).isEqualTo(ChangeType.DELETED);
    assertThat(event.hops()).isEqualTo(1);
  }

  @Test
  void a_row_that_the_ledger_does_not_name_is_published() throws Exception {
    apply("item", "'a', 1", 0, "insert into item values (1, 'a', 'x'), (2, 'a', 'x')");
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.id()).isEqualTo("a,2");
    assertThat(event.hops()).isEqualTo(1);
  }

  @Test
  void a_mark_of_an_earlier_statement_does_not_hide_a_later_one() throws Exception {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      mark(connection, "item", "'a', 1", 1, 0);
      run(connection, "insert into item values (1, 'a', 'x')");
      mark(connection, "item", "'a', 2", 2, 0);
      run(connection, "insert into item values (2, 'a', 'x')");
      run(connection, "update item set note = 'again' where id = 1");
      connection.commit();
    }
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.id()).isEqualTo("a,1");
    assertThat(event.type()).isEqualTo(ChangeType.UPDATED);
  }

  @Test
  void an_origin_left_in_the_session_is_ignored() throws Exception {
    try (Connection connection = database.connect()) {
      run(
          connection,
          "select set_config('millrace.origin', 'v1:' || pg_current_xact_id() || ':1:4:old', false)");
      run(connection, "insert into item values (1, 'a', 'x')");
    }
    ChangeEvent event = SourceFixture.read(reader, 1).get(0);
    assertThat(event.hops()).isZero();
  }

  @Test
  void the_very_origin_of_an_apply_left_in_a_session_hides_nothing() throws Exception {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      mark(connection, "item", "'a', 1", 1, 0);
      run(
          connection,
          "select set_config('millrace.origin', current_setting('millrace.origin'), false)");
      run(connection, "insert into item values (1, 'a', 'x')");
      connection.commit();
      assertThat(SourceFixture.events(SourceFixture.drain(reader))).isEmpty();
      connection.setAutoCommit(true);
      run(connection, "update item set note = 'local'");
      ChangeEvent event = SourceFixture.read(reader, 1).get(0);
      assertThat(event.type()).isEqualTo(ChangeType.UPDATED);
      assertThat(event.hops()).isZero();
    }
  }

  @Test
  void an_origin_of_a_newer_release_stops_the_writer_by_name() throws Exception {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      run(
          connection,
          "select set_config('millrace.origin', 'v2:' || pg_current_xact_id() || ':1:4:new', true)");
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> run(connection, "insert into item values (1, 'a', 'x')"))
          .hasMessageContaining("newer release");
    }
  }

  private void apply(String table, String key, int hops, String sql) throws SQLException {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      mark(connection, table, key, 1, hops);
      run(connection, sql);
      connection.commit();
    }
  }

  private static void mark(Connection connection, String table, String key, int mark, int hops)
      throws SQLException {
    run(
        connection,
        "insert into millrace.ledger select 'app', 'e', '"
            + key.replace("'", "''")
            + "', 'l', '\\x00', 1, null, 'public."
            + table
            + "', jsonb_build_array("
            + key
            + ")::text, "
            + mark
            + ", "
            + hops
            + ", pg_current_xact_id(), now(), 1 on conflict (applier, entity, id, log) do update set mark = excluded.mark,"
            + " xid = excluded.xid");
    run(
        connection,
        "select set_config('millrace.origin', 'v1:' || pg_current_xact_id() || ':"
            + mark
            + ":"
            + hops
            + ":app', true)");
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
