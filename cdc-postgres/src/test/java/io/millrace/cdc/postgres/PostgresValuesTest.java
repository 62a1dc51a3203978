package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every type's values, written by a session whose settings would spoil them, against {@code
 * values.golden}: a line is type, SQL expression, and what the event holds.
 */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresValuesTest {
  /**
   * In one statement: the driver minds a DateStyle, of which it is told at the statement's end, or
   * at once before PostgreSQL 14.
   */
  private static final String HOSTILE =
      "perform set_config(name, value, true) from (values ('extra_float_digits', '-15'),"
          + " ('intervalstyle', 'sql_standard'), ('bytea_output', 'escape'),"
          + " ('datestyle', 'German, DMY'), ('timezone', 'Asia/Kolkata'), ('search_path', ''))"
          + " s (name, value) where name <> 'datestyle' or current_setting('server_version_num')::int >= 140000;";

  private record Golden(String type, String expression, String expected) {}

  @Test
  void every_type_keeps_its_value_whatever_the_writers_session_has_set() throws Exception {
    Database database = PostgresServer.shared().createDatabase("golden");
    database.execute(
        "create extension hstore",
        "create type mood as enum ('sad', 'happy day')",
        "create domain price as numeric(10,2) check (value >= 0)",
        "create domain prices as price[]",
        "create type pair as (a int, b text)");
    List<Golden> lines =
        lines(database.number("select current_setting('server_version_num')::int / 10000"));
    for (int i = 0; i < lines.size(); i++) {
      database.execute(
          "create table t" + i + " (id int primary key, v " + lines.get(i).type() + ")");
    }
    String[] tables = new String[lines.size()];
    for (int i = 0; i < tables.length; i++) {
      tables[i] = "t" + i;
    }
    PostgresSource source = SourceFixture.install(database, tables);
    List<String> found = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      for (int i = 0; i < tables.length; i++) {
        database.execute(
            "do $test$ begin "
                + HOSTILE
                + " insert into public.t"
                + i
                + " values (1, "
                + lines.get(i).expression()
                + "); end $test$");
        expected.add(
            lines.get(i).type()
                + " "
                + lines.get(i).expression()
                + " | "
                + lines.get(i).expected());
      }
      for (ChangeEvent event : SourceFixture.read(reader, tables.length)) {
        int i = Integer.parseInt(event.entity().substring(1));
        Row row = event.newValue();
        found.add(
            lines.get(i).type()
                + " "
                + lines.get(i).expression()
                + " | "
                + row.get("v").kind()
                + " "
                + row.get("v"));
      }
    }
    assertThat(String.join("\n", found)).isEqualTo(String.join("\n", expected));
    database.drop();
  }

  @Test
  void generated_columns_come_when_they_are_stored_and_columns_come_and_go() throws Exception {
    Database database = PostgresServer.shared().createDatabase("columns");
    database.execute(
        "create table item (id int primary key, a int, twice int generated always as (a * 2) stored)");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item values (1, 2)");
      assertThat(SourceFixture.read(reader, 1).get(0).newValue())
          .hasToString("{id=1, a=2, twice=4}");
      database.execute(
          "alter table item add column b text default 'x'",
          "update item set b = 'y'",
          "alter table item drop column b",
          "update item set a = 3");
      List<ChangeEvent> events = SourceFixture.read(reader, 2);
      assertThat(events.get(0).changedFields()).containsExactly("b");
      assertThat(events.get(1).newValue()).hasToString("{id=1, a=3, twice=6}");
    }
    database.drop();
  }

  private static List<Golden> lines(long server) throws Exception {
    try (InputStream resource = PostgresValuesTest.class.getResourceAsStream("values.golden")) {
      List<Golden> lines = new ArrayList<>();
      for (String line :
          new String(resource.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] parts = line.split(" \\| ", -1);
          if (parts.length < 4 || server >= Long.parseLong(parts[3].strip())) {
            lines.add(new Golden(parts[0].strip(), parts[1].strip(), parts[2].strip()));
          }
        }
      }
      return lines;
    }
  }
}
