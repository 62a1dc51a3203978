package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.StringReader;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Who writes, how, and under which names: the triggers log the same. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresTriggerTest {
  private final Database database = PostgresServer.shared().createDatabase("trigger");

  @AfterEach
  void drop() {
    database.drop();
  }

  @Test
  void every_way_of_writing_is_logged() throws Exception {
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source);
        Connection connection = database.connect()) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("copy item from stdin", new StringReader("1\t10\n2\t\\N\n"));
      database.execute(
          "set session_replication_role = replica; insert into item values (3, 3); reset session_replication_role",
          "insert into item values (3, 4) on conflict (id) do update set v = excluded.v",
          "insert into item values (3, 4) on conflict (id) do update set v = excluded.v",
          "update item set v = v where id = 3",
          "with gone as (delete from item where id = 1 returning v) update item set v = gone.v from gone where id = 2",
          "truncate item");
      List<ChangeEvent> events = SourceFixture.read(reader, 7);
      assertThat(events)
          .extracting(event -> event.type() + " " + event.id())
          .containsExactlyInAnyOrder(
              "CREATED 1",
              "CREATED 2",
              "CREATED 3",
              "UPDATED 3",
              "DELETED 1",
              "UPDATED 2",
              "TRUNCATED ");
      assertThat(events.get(6).type()).isEqualTo(ChangeType.TRUNCATED);
      assertThat(database.number("select count(*) from millrace.change_log where op <> 'M'"))
          .isEqualTo(7);
    }
  }

  @Test
  void a_bulk_update_in_one_transaction_comes_whole_and_in_order() throws Exception {
    int rows = Integer.getInteger("millrace.bulk.rows", 50_000);
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "item");
    database.execute("insert into item select i, 0 from generate_series(1, " + rows + ") i");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("update item set v = id");
      int seen = 0;
      String last = "";
      while (seen < rows) {
        for (ChangeEvent event : reader.poll(5000, java.time.Duration.ofSeconds(60)).events()) {
          assertThat(event.newValue().get("v")).isEqualTo(event.newValue().get("id"));
          String version = event.version().toHex();
          assertThat(version).isGreaterThan(last);
          last = version;
          seen++;
        }
      }
      assertThat(seen).isEqualTo(rows);
    }
  }

  @Test
  void hostile_names_are_nothing_special() throws Exception {
    database.execute(
        "create schema \"Sch'ema\"",
        "create table \"Sch'ema\".\"a\"\"b\\ $millrace$ Ü\" (\"Key\"\"'\\{,}\" int, \"NULL\" text, \"select\" int, primary key"
            + " (\"Key\"\"'\\{,}\", \"NULL\"))");
    PostgresSource source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture(
                "Sch'ema.a\"b\\ $millrace$ Ü",
                t -> t.entity("thing").ignoreWhenAlone("select").rename("Key\"'\\{,}", "k"))
            .build();
    source.changeLog().install();
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    String table = "\"Sch'ema\".\"a\"\"b\\ $millrace$ Ü\"";
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into " + table + " values (1, 'x', 2)",
          "update " + table + " set \"select\" = 3",
          "update " + table + " set \"NULL\" = 'y'");
      assertThat(SourceFixture.read(reader, 3))
          .extracting(event -> event.type() + " " + event.id())
          .containsExactly("CREATED 1,x", "DELETED 1,x", "CREATED 1,y");
    }
    database.execute(source.changeLog().ddl().split(";\n\n", -1));
    assertThat(source.preflight()).isEmpty();
    source.changeLog().uninstall();
    assertThat(database.number("select count(*) from pg_trigger where not tgisinternal")).isZero();
  }

  @Test
  void three_roles_share_the_work_and_none_can_do_more_than_its_own() throws Exception {
    Database owner = database.createUser("owner", "create on database " + database.name());
    database.execute("grant create, usage on schema public to " + owner.user());
    owner.execute(
        "create table item (id int primary key, tenant text, v int)",
        "alter table item enable row level security",
        "create policy own on item using (tenant = current_user)");
    PostgresSource byOwner = source(owner);
    byOwner.changeLog().install();
    Database application = database.createUser("application", "usage on schema public");
    owner.execute("grant select, insert, update, delete on item to " + application.user());
    Database reader = database.createUser("reader", "usage on schema public");
    owner.execute(
        "grant usage on schema millrace to " + reader.user(),
        "grant select on millrace.change_log, millrace.change_log_id to " + reader.user(),
        "grant select, update on millrace.registration to " + reader.user(),
        "grant select, insert, update on millrace.reader to " + reader.user());
    assertThat(source(reader).preflight())
        .extracting(Finding::severity)
        .doesNotContain(Finding.Severity.REFUSED);
    try (SourceReader events = SourceFixture.openNow(source(reader))) {
      application.execute(
          "insert into item values (1, current_user, 1)",
          "update item set v = 2",
          "delete from item");
      assertThat(SourceFixture.read(events, 3))
          .extracting(ChangeEvent::type)
          .containsExactly(ChangeType.CREATED, ChangeType.UPDATED, ChangeType.DELETED);
    }
    for (String forbidden :
        List.of(
            "select * from millrace.change_log",
            "insert into millrace.change_log (incarnation, depth, op, relation) values (1, 1, 'I', 'x')",
            "select millrace.capture_with_care('INSERT', null, row(1), '{}')",
            "select millrace.retain('0', '0', 0)",
            "select millrace.beat('p', 1, 1, null, null)")) {
      assertThatThrownBy(() -> application.execute(forbidden))
          .as(forbidden)
          .hasMessageContaining("permission denied");
    }
    assertThatThrownBy(() -> reader.execute("delete from millrace.change_log"))
        .hasMessageContaining("permission denied");
    owner.execute("drop table item");
    byOwner.changeLog().uninstall();
  }

  @Test
  void a_table_that_gave_its_name_to_another_is_no_longer_taken_for_it() throws Exception {
    database.execute(
        "create table item (id int primary key, v int)", "insert into item values (1, 1)");
    PostgresSource source = SourceFixture.install(database, "item");
    database.execute(
        "create table item_new (id int primary key, v int)",
        "insert into item_new select * from item",
        "alter table item rename to item_old",
        "alter table item_new rename to item",
        // As if by hand, or by an earlier release: the new table has the triggers too.
        "create trigger \"!millrace_row\" after insert or delete on item for each row execute function millrace.capture_settled("
            + "'public.item', '{\"id\"}', '{}', 'plain')");
    assertThat(source.preflight()).extracting(Finding::code).contains("trigger-elsewhere");
    assertThatThrownBy(() -> SourceFixture.openNow(source)).hasMessageContaining("item_old");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "update item_old set v = 2", "truncate item_old", "update item set v = 3 where id = 1");
      List<ChangeEvent> events = SourceFixture.read(reader, 1);
      assertThat(events.get(0).newValue().get("v")).isEqualTo(Value.of(3));
    }
  }

  @Test
  void a_column_of_another_type_is_read_as_that_at_once() throws Exception {
    database.execute(
        "create type part as (a int)",
        "create table item (id int primary key, n int, f real, t text, l int[], p part, o oid)");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item values (1, 7, 1.5, '5', '{1}', '(1)', 3000000000)");
      SourceFixture.read(reader, 1);
      database.execute(
          "alter type part add attribute b int",
          "alter table item alter n type text, alter f type numeric, alter t type int using t::int, alter l type text[]",
          "update item set n = '007', f = 1.23456789012, t = 6, l = '{01}', p = '(1,2)'");
      ChangeEvent event = SourceFixture.read(reader, 1).get(0);
      assertThat(event.oldValue().get("n")).isEqualTo(Value.of("7"));
      assertThat(event.oldValue().get("f")).isEqualTo(new Value.DecimalValue("1.5"));
      assertThat(event.oldValue().get("t")).isEqualTo(Value.of(5));
      Row now = event.newValue();
      assertThat(now.get("n")).isEqualTo(Value.of("007"));
      assertThat(now.get("f")).isEqualTo(new Value.DecimalValue("1.23456789012"));
      assertThat(now.get("t")).isEqualTo(Value.of(6));
      assertThat(now.get("l")).isEqualTo(new Value.ListValue(List.of(Value.of("01"))));
      assertThat(now.get("o")).isEqualTo(Value.of(3000000000L));
      Value.DocumentValue part = (Value.DocumentValue) now.get("p");
      assertThat(part.fields().get("b")).isEqualTo(Value.of(2));
    }
  }

  @Test
  void what_stands_in_the_writers_search_path_is_not_called() throws Exception {
    database.execute("create table item (id int primary key, v float8, r regclass)");
    PostgresSource source = SourceFixture.install(database, "item");
    Database application = database.createUser("evil", "create on database " + database.name());
    database.execute("grant select, insert, update, delete on item to " + application.user());
    List<String> trap = new ArrayList<>();
    trap.add("create schema evil");
    trap.add(
        "create function evil.same(text, text) returns boolean language plpgsql as $$ begin raise exception 'trapped'; end $$");
    for (String operator : List.of("=", "<>", ">", "^@", "||", "~~")) {
      trap.add(
          "create operator evil."
              + operator
              + " (leftarg = text, rightarg = text, function = evil.same)");
    }
    for (String function :
        List.of(
            "current_setting(text) returns text",
            "current_setting(text, boolean) returns text",
            "row_to_json(record) returns json",
            "pg_trigger_depth() returns int",
            "left(text, int) returns text")) {
      trap.add(
          "create function evil."
              + function
              + " language plpgsql as $$ begin raise exception 'trapped'; end $$");
    }
    trap.add("create domain evil.text as int");
    trap.add("create domain evil.int8 as bool");
    application.execute(trap.toArray(new String[0]));
    try (SourceReader reader = SourceFixture.openNow(source);
        Connection connection = application.connect();
        java.sql.Statement writer = connection.createStatement()) {
      writer.execute("set search_path = evil, public, pg_catalog");
      assertThatThrownBy(() -> writer.execute("select 'a'::pg_catalog.text = 'b'::pg_catalog.text"))
          .hasMessageContaining("trapped");
      writer.execute("create temporary table change_log (like public.item)");
      writer.execute("insert into public.item values (1, 0.1, 'public.item')");
      writer.execute("set extra_float_digits = -15");
      writer.execute("update public.item set v = 0.30000000000000004");
      writer.execute("reset extra_float_digits");
      writer.execute("update public.item set v = 0.1");
      assertThat(SourceFixture.read(reader, 3))
          .extracting(event -> event.newValue().get("v"))
          .containsExactly(
              new Value.DoubleValue(0.1),
              new Value.DoubleValue(0.30000000000000004),
              new Value.DoubleValue(0.1));
    }
    database.execute("reassign owned by " + application.user() + " to postgres");
  }

  @Test
  void triggers_of_earlier_releases_log_on_and_are_replaced() throws Exception {
    database.execute("create table item (id int primary key, v int, note text)");
    PostgresSource source = SourceFixture.install(database, "item");
    database.execute(
        "drop trigger \"!millrace_update\" on item",
        "create trigger \"!millrace_update\" after update on item for each row when (old.* *<> new.*) execute function"
            + " millrace.capture('public.item', '{\"id\"}', '{\"note\"}')",
        "alter table item enable always trigger \"!millrace_update\"",
        "insert into item values (1, 1, 'a')",
        "update item set v = 2",
        "update item set note = 'b'",
        "delete from item");
    assertThat(source.preflight()).extracting(Finding::code).containsExactly("trigger-version");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader =
        source.open(new ReaderStart("old", Optional.empty(), 0, FirstStart.OLDEST))) {
      assertThat(SourceFixture.read(reader, 3))
          .extracting(ChangeEvent::type)
          .containsExactly(ChangeType.CREATED, ChangeType.UPDATED, ChangeType.DELETED);
    }
  }

  @Test
  void columns_come_go_and_change_their_names_while_others_write() throws Exception {
    database.execute(
        "create table item (id int primary key, v int)", "insert into item values (1, 0)");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      Thread writer =
          new Thread(
              () -> {
                for (int i = 0; i < 300; i++) {
                  database.execute("update item set v = v + 1");
                }
              });
      writer.start();
      for (int i = 0; i < 5; i++) {
        database.execute(
            "alter table item add column extra text default 'x'",
            "alter table item rename column extra to other",
            "alter table item alter column other type varchar(9)",
            "alter table item drop column other");
      }
      database.execute("alter table item add column span tstzrange");
      writer.join();
      int expected = 1;
      for (ChangeEvent event : SourceFixture.read(reader, 300)) {
        assertThat(event.newValue().get("v")).isEqualTo(Value.of(expected++));
      }
    }
    assertThat(source.preflight()).extracting(Finding::code).containsOnly("trigger-mode");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
  }

  private static PostgresSource source(Database as) {
    return PostgresSource.builder(as.dataSource()).service("test").capture("public.item").build();
  }
}
