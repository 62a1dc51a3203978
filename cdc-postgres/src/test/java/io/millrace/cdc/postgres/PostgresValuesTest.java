package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
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

  private static final List<String> TYPES =
      List.of(
          "create extension hstore",
          "create type mood as enum ('sad', 'happy day')",
          "create domain price as numeric(10,2) check (value >= 0)",
          "create domain prices as price[]",
          "create type pair as (a int, b text)");
  private static final List<String> KEYS =
      List.of(
          "smallint",
          "int",
          "bigint",
          "numeric",
          "numeric(12,2)",
          "public.price",
          "text",
          "varchar(5)",
          "char(5)",
          "uuid",
          "date",
          "timestamp",
          "timestamptz",
          "time",
          "boolean",
          "bytea",
          "inet",
          "public.mood");

  private record Golden(String type, String expression, String expected) {}

  @Test
  void every_type_keeps_its_value_whatever_the_writers_session_has_set() throws Exception {
    Database database = PostgresServer.shared().createDatabase("golden");
    TYPES.forEach(database::execute);
    List<Golden> lines = lines();
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

  /** Several rows of a batch are written in another form than one alone. */
  @Test
  void every_type_is_applied_as_it_was_one_row_at_a_time_and_many() throws Exception {
    try (TypedTables tables =
        new TypedTables(type -> !type.equals("public.pair"), "id int primary key, v %s")) {
      tables.apply(values -> List.of("(0, " + values.get(0) + ")"));
      tables.apply(
          values ->
              IntStream.range(0, 2 * values.size())
                  .mapToObj(i -> "(%s, %s)".formatted(i + 1, values.get(i / 2)))
                  .toList());
      for (String name : tables.names) {
        String sql = "select id, v::text from " + name + " order by id";
        assertThat(tables.rig.target.query(sql))
            .describedAs(name)
            .isEqualTo(tables.rig.origin.query(sql));
      }
      assertThat(tables.rig.published()).isEmpty();
    }
  }

  /** The same for keys, which several rows are found by. */
  @Test
  void rows_of_every_type_of_key_are_found_one_at_a_time_and_many() throws Exception {
    try (TypedTables tables = new TypedTables(KEYS::contains, "v %s primary key, n int")) {
      tables.apply(values -> values.stream().map(value -> "(" + value + ", 1)").toList());
      tables.applyToAll("update %s set n = 2");
      tables.applyToAll("delete from %1$s where v = (select v from %1$s order by v limit 1)");
      for (String name : tables.names) {
        String sql = "select v::text, n from " + name + " order by v";
        assertThat(tables.rig.target.query(sql))
            .describedAs(name)
            .isEqualTo(tables.rig.origin.query(sql));
      }
      tables.applyToAll("delete from %s");
      for (String name : tables.names) {
        assertThat(tables.rig.target.number("select count(*) from " + name)).isZero();
      }
      assertThat(tables.rig.published()).isEmpty();
    }
  }

  /** A table for each type of the golden file, whose rows are applied to another database. */
  private static final class TypedTables implements AutoCloseable {
    final List<String> names = new ArrayList<>();
    final AppliedRig rig;
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    TypedTables(Predicate<String> types, String columns) throws Exception {
      for (Golden line : lines()) {
        if (types.test(line.type()) && !line.expression().startsWith("null")) {
          values.computeIfAbsent(line.type(), type -> new ArrayList<>()).add(line.expression());
        }
      }
      List<String> ddl = new ArrayList<>(TYPES);
      for (String type : values.keySet()) {
        names.add("t" + names.size());
        ddl.add("create table t%s (%s)".formatted(names.size() - 1, columns.formatted(type)));
      }
      rig = new AppliedRig(EntityMode.MIRROR, ddl, names.toArray(String[]::new));
    }

    /** Inserts into every table, and applies all that as one batch. */
    void apply(Function<List<String>, List<String>> rows) throws InterruptedException {
      Iterator<String> name = names.iterator();
      List<String> statements = new ArrayList<>();
      for (List<String> ofType : values.values()) {
        statements.add(
            "insert into " + name.next() + " values " + String.join(", ", rows.apply(ofType)));
      }
      apply(statements);
    }

    void applyToAll(String statement) throws InterruptedException {
      apply(names.stream().map(statement::formatted).toList());
    }

    private void apply(List<String> statements) throws InterruptedException {
      long before = changes();
      rig.origin.execute(statements.toArray(String[]::new));
      rig.apply((int) (changes() - before));
    }

    private long changes() {
      return rig.origin.number("select count(*) from millrace.change_log");
    }

    @Override
    public void close() {
      rig.close();
    }
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

  /** A trigger sees nothing of them; what stands beside them must not be taken for them. */
  @Test
  void virtual_columns_are_left_out_and_their_neighbours_are_right() throws Exception {
    Database database = PostgresServer.shared().createDatabase("virtual");
    assumeTrue(
        database.number("select current_setting('server_version_num')::int") >= 180_000,
        "PostgreSQL has virtual columns from 18 on");
    database.execute(
        "create table item (id int primary key, a int, twice int generated always as (a * 2) virtual, j jsonb,"
            + " thrice int generated always as (a * 3) stored, shown text generated always as ('a' || a), k json)");
    PostgresSource source = SourceFixture.install(database, "item");
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into item (id, a, j, k) values (1, 2, 'null', '[null]')",
          "update item set a = 3, j = null",
          "update item set k = 'null' where twice = 6");
      List<ChangeEvent> events = SourceFixture.read(reader, 3);
      assertThat(events.get(0).newValue())
          .hasToString("{id=1, a=2, j=null, thrice=6, k=[null]}")
          .satisfies(row -> assertThat(row.get("j")).isEqualTo(new Value.JsonValue("null")));
      assertThat(events.get(1).changedFields()).containsExactly("a", "j", "thrice");
      assertThat(events.get(1).newValue().get("j")).isSameAs(Value.NULL);
      assertThat(events.get(2).changedFields()).containsExactly("k");
      assertThat(events.get(2).newValue().get("k")).isEqualTo(new Value.JsonValue("null"));
      database.execute(
          "update item set a = 4", "alter table item drop column twice", "update item set a = 5");
      for (ChangeEvent later : SourceFixture.read(reader, 2)) {
        assertThat(later.newValue().names().asList())
            .containsExactly("id", "a", "j", "thrice", "k");
        assertThat(later.changedFields()).containsExactly("a", "thrice");
      }
    }
    database.drop();
  }

  /** The lines that this server knows. */
  private static List<Golden> lines() throws Exception {
    Database database = PostgresServer.shared().createDatabase("version");
    long server = database.number("select current_setting('server_version_num')::int / 10000");
    database.drop();
    return lines(server);
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
