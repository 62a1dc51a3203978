package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The JSON null is a value, SQL's NULL is none. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresJsonNullTest {
  private static final Value JSON_NULL = new Value.JsonValue("null");

  private final Database database = PostgresServer.shared().createDatabase("json_null");

  @AfterEach
  void drop() {
    database.drop();
  }

  @Test
  void both_nulls_come_as_what_they_are_in_columns_arrays_and_composites() throws Exception {
    database.execute(
        "create domain doc as jsonb",
        "create type pair as (j json, t text, list jsonb[])",
        "create table item (id int primary key, \"A doc\" doc, j json, note text, list jsonb[], p pair, ps pair[])");
    PostgresSource source = SourceFixture.install(database, "item");
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into item values (1, 'null', ' null ', 'null'), (2, null, null, null), (3, '[null]', '{\"a\":null}', '(\"\\,')",
          "insert into item values (4, null, null, 'a \"b\" \\ c', '{\"null\",NULL,\"[1,null]\",\"\\\"x\\\"\"}',"
              + " row('null', null, '{NULL,\"null\"}'),"
              + " array[row(null, 'null', null), row('null', '', '{}')]::pair[])",
          "insert into item values (5, null, null, null, '[0:1]={NULL,\"null\"}', null, '{NULL}')",
          "update item set \"A doc\" = 'null', j = null where id in (1, 2)",
          "delete from item where id = 1");
      List<ChangeEvent> events = SourceFixture.read(reader, 8);
      assertThat(values(events.get(0).newValue(), "A doc", "j", "note"))
          .containsExactly(JSON_NULL, JSON_NULL, Value.of("null"));
      assertThat(values(events.get(1).newValue(), "A doc", "j", "note"))
          .containsExactly(Value.NULL, Value.NULL, Value.NULL);
      assertThat(events.get(2).newValue().toString())
          .startsWith("{id=3, A doc=[null], j={\"a\":null}, note='(\"\\,");
      Row fourth = events.get(3).newValue();
      assertThat(fourth.get("list"))
          .isEqualTo(list(JSON_NULL, Value.NULL, json("[1, null]"), json("\"x\"")));
      assertThat(fourth.get("p"))
          .isEqualTo(pair(JSON_NULL, Value.NULL, list(Value.NULL, JSON_NULL)));
      assertThat(fourth.get("ps"))
          .isEqualTo(
              list(
                  pair(Value.NULL, Value.of("null"), Value.NULL),
                  pair(JSON_NULL, Value.of(""), list())));
      assertThat(values(events.get(4).newValue(), "list", "p", "ps"))
          .containsExactly(list(Value.NULL, JSON_NULL), Value.NULL, list(Value.NULL));
      assertThat(events.get(5).changedFields()).containsExactly("j");
      assertThat(events.get(5).oldValue().get("j")).isEqualTo(JSON_NULL);
      assertThat(events.get(6).changedFields()).containsExactly("A doc");
      assertThat(values(events.get(7).oldValue(), "A doc", "j"))
          .containsExactly(JSON_NULL, Value.NULL);
    }
  }

  @Test
  void where_the_trigger_looks_closer_they_are_told_apart_too() throws Exception {
    database.execute(
        "create table item (id int primary key, j jsonb, t regclass)",
        "create table other (id int primary key, j jsonb, seen int)");
    PostgresSource source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture("public.item")
            .capture("public.other", t -> t.ignoreWhenAlone("seen"))
            .build();
    source.changeLog().install();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into item values (1, 'null', 'item'), (2, null, null)",
          "insert into other values (1, null, 1)",
          "update other set j = 'null', seen = 2",
          "update other set seen = 3",
          "update other set j = null");
      List<ChangeEvent> events = SourceFixture.read(reader, 5);
      assertThat(events)
          .extracting(event -> event.newValue().get("j"))
          .containsExactly(JSON_NULL, Value.NULL, Value.NULL, JSON_NULL, Value.NULL);
      assertThat(events.get(3).changedFields()).containsExactly("j", "seen");
      assertThat(events.get(4).changedFields()).containsExactly("j");
      assertThat(events.get(4).oldValue().get("seen")).isEqualTo(Value.of(3));
    }
  }

  @Test
  void what_an_earlier_release_logged_is_read_on_after_the_upgrade() throws Exception {
    database.execute("create table item (id int primary key, j jsonb)");
    PostgresSource source = SourceFixture.install(database, "item");
    // As format 1 left it.
    database.execute(
        "insert into item values (1, 'null')",
        "update millrace.change_log set format = 1",
        "alter table millrace.change_log drop column new_record, drop column old_record",
        "update millrace.registration set format = 1",
        "drop trigger \"!millrace_row\" on item",
        "create trigger \"!millrace_row\" after insert or delete on item for each row execute function"
            + " millrace.capture('public.item', '{\"id\"}', '{}', 'plain')",
        "alter table item enable always trigger \"!millrace_row\"");
    assertThat(source.preflight()).extracting(Finding::code).containsExactly("not-installed");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    database.execute("insert into item values (2, 'null')");
    try (SourceReader reader =
        source.open(new ReaderStart("new", Optional.empty(), 0, FirstStart.OLDEST))) {
      assertThat(SourceFixture.read(reader, 2))
          .extracting(event -> event.newValue().get("j"))
          .containsExactly(Value.NULL, JSON_NULL);
    }
  }

  @Test
  void a_json_column_added_later_is_warned_of_until_install_has_run() throws Exception {
    database.execute("create table item (id int primary key)");
    PostgresSource source = SourceFixture.install(database, "item");
    assertThat(
            database.value(
                "select p.proname from pg_trigger t join pg_proc p on p.oid = t.tgfoid limit 1"))
        .isEqualTo("capture_settled");
    database.execute("alter table item add column j jsonb", "insert into item values (1, 'null')");
    assertThat(source.preflight()).extracting(Finding::code).containsOnly("trigger-mode");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item values (2, 'null')");
      assertThat(SourceFixture.read(reader, 1).get(0).newValue().get("j")).isEqualTo(JSON_NULL);
    }
  }

  private static Value json(String text) {
    return new Value.JsonValue(text);
  }

  private static Value list(Value... values) {
    return new Value.ListValue(List.of(values));
  }

  private static Value pair(Value j, Value t, Value list) {
    return new Value.DocumentValue(Row.builder().put("j", j).put("t", t).put("list", list).build());
  }

  private static List<Value> values(Row row, String... names) {
    return List.of(names).stream().map(row::get).toList();
  }
}
