package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a real applier writes into captured tables does not come back; what others add does. */
@NeedsServer(ServerKind.POSTGRES)
abstract class PostgresAppliedContract {
  private static final List<String> SHOP =
      List.of(
          "create table item (id int primary key, note text)",
          "create table audit (id bigint generated always as identity primary key, what text)",
          "create table parent (id int primary key, note text)",
          "create table child (id int primary key, parent int references parent on delete cascade)");

  private static final String[] TABLES = {"item", "audit", "parent", "child"};

  private final EntityMode mode;

  PostgresAppliedContract(EntityMode mode) {
    this.mode = mode;
  }

  final AppliedRig shop() {
    return new AppliedRig(mode, SHOP, TABLES);
  }

  /** A trigger in the second database only. */
  final void trigger(AppliedRig rig, String moment, String table, String body) {
    rig.target.execute(
        "create function local_rule() returns trigger language plpgsql as $$ begin "
            + body
            + " end $$",
        "create trigger local_rule "
            + moment
            + " on "
            + table
            + " for each row execute function local_rule()");
  }

  @Test
  void inserts_updates_and_deletes_do_not_come_back() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(3, "insert into item values (1, 'a'), (2, 'b'), (3, null)");
      rig.apply(5, "update item set note = note || 'x' where id < 3", "update item set note = ''");
      rig.apply(2, "delete from item where id = 2", "insert into item values (4, 'd')");
      rig.assertSame("item", "id");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isPositive();
    }
  }

  @Test
  void a_changed_key_does_not_come_back() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      rig.apply(4, "update item set id = id + 10");
      rig.apply(2, "update item set id = 1, note = 'back' where id = 11");
      rig.assertSame("item", "id");
      assertThat(rig.published()).isEmpty();
    }
  }

  @Test
  void a_held_event_that_goes_through_later_does_not_come_back() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.origin.execute(
          "insert into parent values (1, 'p')",
          "insert into child values (7, 1)",
          "insert into item values (1, 'a')");
      List<ChangeEvent> events = rig.made(3);
      rig.publish(List.of(events.get(1), events.get(2)));
      rig.awaitHeld();
      rig.publish(List.of(events.get(0)));
      rig.awaitApplied();
      rig.assertSame("child", "id");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(3);
    }
  }

  @Test
  void keys_of_every_type_and_hostile_names_are_known_again() throws Exception {
    String table = "Odd \"Table\" it's";
    String columns =
        "\"Id's\" char(5), \"The \"\"Num\"\"\" numeric(10,3), free numeric, \"at\" timestamptz, u uuid, b bytea, \"te\\xt\" text,"
            + " d date, t timestamp(3), f float8, bo bool, i interval, v varchar(20)";
    String keys =
        "\"Id's\", \"The \"\"Num\"\"\", free, \"at\", u, b, \"te\\xt\", d, t, f, bo, i, v";
    List<String> ddl =
        List.of(
            "create table "
                + Sql.identifier(table)
                + " ("
                + columns
                + ", \"Note\" text, primary key ("
                + keys
                + "))");
    try (AppliedRig rig = new AppliedRig(mode, ddl, table)) {
      rig.apply(
          3,
          "insert into \"Odd \"\"Table\"\" it's\" values ('ab', 1.5, 2.50, '2026-01-02 03:04:05.678901+05:30',"
              + " 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '\\x00ff27', 'it''s \"q\" \\ ,[x]', '0044-03-15 BC', '2026-01-02 03:04:05.67',"
              + " 1e300, true, '1 day 02:03:04', ''), ('', -0.001, 1e20, 'infinity',"
              + " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', '', '', 'infinity', '-infinity', '-0', false, '-1 mons', ' x '), ('ü', 0, 'NaN',"
              + " '0001-01-01 00:00:00+00 BC', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13', '\\x27', e'\\n\\t\\u0001€😀', '9999-12-31',"
              + " '1970-01-01', 'NaN', false, '00:00:00', 'ab')");
      rig.apply(3, "update \"Odd \"\"Table\"\" it's\" set \"Note\" = 'changed'");
      assertThat(
              rig.target.number(
                  "select count(*) from \"Odd \"\"Table\"\" it's\" where \"Note\" = 'changed'"))
          .isEqualTo(3);
      rig.apply(3, "delete from \"Odd \"\"Table\"\" it's\"");
      assertThat(rig.target.number("select count(*) from \"Odd \"\"Table\"\" it's\"")).isZero();
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(9);
    }
  }

  @Test
  void a_number_spelled_with_other_zeros_is_the_same_key() throws Exception {
    List<String> ddl = List.of("create table price (amount numeric primary key, note text)");
    try (AppliedRig rig = new AppliedRig(mode, ddl, "price")) {
      rig.apply(1, "insert into price values (1.00, 'a')");
      rig.origin.execute("update price set amount = 1.0, note = 'b'");
      List<ChangeEvent> events = rig.made(2);
      assertThat(events).extracting(ChangeEvent::id).containsExactly("1", "1");
      rig.publish(events);
      rig.awaitApplied();
      assertThat(rig.target.value("select note from price")).isEqualTo("b");
      assertThat(rig.published()).isEmpty();
    }
  }

  @Test
  void a_trigger_that_writes_another_table_is_published_and_the_applied_row_is_not()
      throws Exception {
    try (AppliedRig rig = shop()) {
      trigger(
          rig,
          "after insert or update or delete",
          "item",
          "insert into audit (what) values (tg_op); return null;");
      rig.apply(1, "insert into item values (1, 'a')");
      rig.apply(1, "update item set note = 'b'");
      rig.apply(1, "delete from item");
      assertThat(rig.published())
          .containsExactly("CREATED audit 1 1", "CREATED audit 2 1", "CREATED audit 3 1");
      assertThat(rig.echoes()).isEqualTo(3);
    }
  }

  @Test
  void a_trigger_that_changes_a_row_which_the_same_batch_applied_is_published() throws Exception {
    try (AppliedRig rig = shop()) {
      trigger(
          rig,
          "after insert",
          "child",
          "update item set note = 'touched' where id = new.id; update parent set note = 'touched' where id = new.parent;"
              + " return null;");
      rig.apply(
          4,
          "insert into item values (7, 'a'), (8, 'b')",
          "insert into parent values (1, 'p')",
          "insert into child values (7, 1)");
      assertThat(rig.published())
          .containsExactlyInAnyOrder("UPDATED item 7 1", "UPDATED parent 1 1");
      assertThat(rig.echoes()).isEqualTo(4);
    }
  }

  @Test
  void a_trigger_that_writes_another_row_of_the_applied_table_is_published() throws Exception {
    try (AppliedRig rig = shop()) {
      trigger(
          rig,
          "after insert",
          "item",
          "if pg_trigger_depth() = 1 then insert into item values (new.id + 100, 'more'); end if; return null;");
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      assertThat(rig.published()).containsExactly("CREATED item 101 1", "CREATED item 102 1");
    }
  }

  @Test
  void what_a_before_trigger_does_to_the_applied_row_does_not_come_back() throws Exception {
    try (AppliedRig rig = shop()) {
      trigger(
          rig,
          "before insert or update",
          "item",
          "new.note := rtrim(new.note, '!') || '!'; return new;");
      rig.apply(1, "insert into item values (1, 'a')");
      rig.apply(1, "update item set note = 'b'");
      assertThat(rig.target.value("select note from item")).isEqualTo("b!");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(2);
    }
  }

  @Test
  void rows_that_go_with_an_applied_delete_are_published() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(2, "insert into parent values (1, 'p'), (2, 'q')");
      rig.target.execute("insert into child values (7, 1), (8, 2)");
      assertThat(rig.published()).containsExactly("CREATED child 7 0", "CREATED child 8 0");
      rig.apply(1, "delete from parent where id = 1");
      assertThat(rig.published()).containsExactly("DELETED child 7 1");
      assertThat(rig.echoes()).isEqualTo(1);
    }
  }

  @Test
  void a_local_write_of_the_same_row_right_after_is_published() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(1, "insert into item values (1, 'a')");
      rig.target.execute("update item set note = 'local' where id = 1");
      rig.apply(1, "insert into item values (2, 'b')");
      rig.target.execute("delete from item where id = 2");
      assertThat(rig.published()).containsExactly("UPDATED item 1 0", "DELETED item 2 0");
      assertThat(rig.echoes()).isEqualTo(2);
    }
  }

  @Test
  void a_table_captured_after_the_applier_has_written_it_knows_what_is_applied_from_then_on()
      throws Exception {
    try (AppliedRig rig = new AppliedRig(mode, SHOP, Database::dataSource, TABLES)) {
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      rig.capture();
      rig.apply(2, "update item set note = 'x' where id = 1", "insert into item values (3, 'c')");
      rig.target.execute("update item set note = 'local' where id = 2");
      assertThat(rig.published()).containsExactly("UPDATED item 2 0");
      assertThat(rig.echoes()).isEqualTo(2);
      rig.apply(1, "delete from item where id = 1");
      rig.target.execute("delete from item where id = 3", "insert into item values (1, 'local')");
      assertThat(rig.published()).containsExactly("DELETED item 3 0", "CREATED item 1 0");
      assertThat(rig.echoes()).isEqualTo(1);
    }
  }

  @Test
  void what_an_application_writes_on_the_appliers_own_pooled_connection_is_published()
      throws Exception {
    AtomicReference<HikariDataSource> pool = new AtomicReference<>();
    try (AppliedRig rig =
        new AppliedRig(
            mode,
            SHOP,
            database -> {
              HikariConfig config = new HikariConfig();
              config.setDataSource(database.dataSource());
              config.setMaximumPoolSize(1);
              pool.set(new HikariDataSource(config));
              return pool.get();
            },
            TABLES)) {
      rig.capture();
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      rig.closeApplier();
      try (Connection connection = pool.get().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("update item set note = 'at once' where id = 1");
        connection.setAutoCommit(false);
        statement.execute("update item set note = 'in a transaction' where id = 1");
        statement.execute("delete from item where id = 2");
        connection.commit();
      }
      assertThat(rig.published())
          .containsExactly("UPDATED item 1 0", "UPDATED item 1 0", "DELETED item 2 0");
      assertThat(rig.echoes()).isEqualTo(2);
    } finally {
      pool.get().close();
    }
  }

  @Test
  void many_rows_of_one_batch_do_not_come_back() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.origin.execute("insert into item select n, 'n' from generate_series(1, 2500) n");
      List<ChangeEvent> events = new ArrayList<>(rig.made(2500));
      Collections.shuffle(events, new java.util.Random(7));
      rig.publish(events);
      rig.awaitApplied();
      rig.assertSame("item", "id");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(2500);
    }
  }
}
