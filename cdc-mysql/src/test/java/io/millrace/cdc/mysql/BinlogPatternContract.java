package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tables that are captured by pattern, there or not when reading begins. */
abstract class BinlogPatternContract {
  private final TestFlavour flavour;
  private Database database;
  private Database neighbour;

  BinlogPatternContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeDatabases() {
    database = flavour.shared().createDatabase("pattern");
    neighbour = flavour.shared().createDatabase("neighbour");
    for (Database one : List.of(database, neighbour)) {
      one.execute(
          "create table orders (id int primary key, note varchar(50))",
          "create table tmp_orders (id int primary key)");
    }
  }

  @AfterEach
  void dropDatabases() {
    database.drop();
    neighbour.drop();
  }

  private MySqlSource install(MySqlSource.Builder builder) {
    MySqlSource source = builder.build();
    source.registration().install();
    return source;
  }

  private MySqlSource.Builder all() {
    return TestFlavour.builder(database)
        .capture(database.name() + ".*")
        .exclude(database.name() + ".tmp_*");
  }

  private static List<String> entities(List<ChangeEvent> events) {
    return events.stream().map(e -> e.type() + " " + e.entity() + " " + e.id()).toList();
  }

  @Test
  void what_matches_is_captured_and_what_is_excluded_or_elsewhere_is_not() throws Exception {
    MySqlSource source = install(all());
    assertThat(BinlogReaderContract.codes(source)).isEmpty();
    assertThat(source.describe())
        .contains(database.name() + ".*, without " + database.name() + ".tmp_*");
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')", "insert into tmp_orders values (1)");
      neighbour.execute("insert into orders values (2, 'x')");
      database.execute("truncate table tmp_orders", "truncate table orders");
      assertThat(entities(reading.read(2)))
          .containsExactly("CREATED orders 1", "TRUNCATED orders ");
    }
  }

  @Test
  void a_table_that_is_made_later_is_captured_from_its_first_row_on() throws Exception {
    MySqlSource source = install(all());
    try (Reading reading = Reading.start(source)) {
      database.execute(
          "create table late (id int primary key)",
          "insert into late values (1)",
          "create table copied (primary key (id)) select 7 as id",
          "create table tmp_late (id int primary key)",
          "insert into tmp_late values (1)",
          "insert into late values (2)");
      assertThat(entities(reading.read(3)))
          .containsExactly("CREATED late 1", "CREATED copied 7", "CREATED late 2");
      if (flavour == TestFlavour.MARIADB) {
        database.execute("create sequence numbers", "select nextval(numbers)");
      }
      database.execute("create table keyless (id int)", "insert into keyless values (1)");
      assertThat(BinlogReaderContract.failure(reading))
          .hasMessageContaining("keyless has no primary key")
          .hasMessageContaining("exclude");
    }
  }

  @Test
  void options_of_a_pattern_are_those_of_each_table_and_a_named_table_has_its_own()
      throws Exception {
    MySqlSource source =
        install(
            TestFlavour.builder(database)
                .capture(database.name() + ".orders", t -> t.entity("order"))
                .capture(
                    database.name().substring(0, 4) + "*.*",
                    t -> t.entity((db, table) -> "any_" + table).mask("note"))
                .capture(neighbour.name() + ".*", t -> t.entity((db, table) -> "theirs_" + table)));
    try (Reading reading = Reading.start(source)) {
      database.execute(
          "create table late (id int primary key, note varchar(10))",
          "insert into orders values (1, 'seen')",
          "insert into late values (2, 'unseen')");
      neighbour.execute("insert into orders values (3, 'x')");
      List<ChangeEvent> events = reading.read(3);
      assertThat(entities(events))
          .containsExactly("CREATED order 1", "CREATED any_late 2", "CREATED theirs_orders 3");
      assertThat(events.get(0).newValue()).hasToString("{id=1, note='seen'}");
      assertThat(events.get(1).newValue()).hasToString("{id=2, note='***'}");
    }
    assertThat(BinlogReaderContract.codes(source)).isEmpty(); // tmp_orders has no note, late has
    MySqlSource wrong =
        install(TestFlavour.builder(database).capture(database.name() + ".*", t -> t.mask("nte")));
    assertThat(BinlogReaderContract.codes(wrong)).containsExactly("column-unknown");
  }

  @Test
  void two_tables_of_one_entity_are_an_error_at_the_start_and_later() throws Exception {
    MySqlSource.Builder two =
        TestFlavour.builder(database)
            .capture(database.name() + ".ord*")
            .capture(neighbour.name() + ".ord*");
    assertThat(BinlogReaderContract.codes(install(two))).containsExactly("entity-twice");
    neighbour.execute("drop table orders");
    MySqlSource source = install(two);
    assertThat(BinlogReaderContract.codes(source)).containsExactly("pattern-empty");
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      neighbour.execute(
          "create table orders (id int primary key)", "insert into orders values (1)");
      assertThat(BinlogReaderContract.failure(reading))
          .hasMessageContaining(database.name() + ".orders and " + neighbour.name() + ".orders")
          .hasMessageContaining("entity((database, table) -> …)");
    }
  }

  @Test
  void a_statement_is_an_error_where_it_may_be_about_a_matching_table() throws Exception {
    try (Reading reading = Reading.start(install(all()))) {
      statement(neighbour, "insert into tmp_orders values (5)");
      database.execute("insert into orders values (1, 'x')");
      assertThat(entities(reading.read(1))).containsExactly("CREATED orders 1");
      statement(neighbour, "insert into " + database.name() + ".orders values (2, 'x')");
      assertThat(BinlogReaderContract.failure(reading)).hasMessageContaining("binlog_format=ROW");
    }
  }

  private static void statement(Database where, String sql) throws SQLException {
    try (Connection connection = where.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("set session binlog_format = 'STATEMENT'");
      statement.execute(sql);
    }
  }

  @Test
  void a_position_knows_what_was_captured_and_a_new_table_is_read_from_it_on() throws Exception {
    Position position;
    long epoch;
    MySqlSource narrow =
        install(TestFlavour.builder(database).capture(database.name() + ".tmp_orders"));
    try (Reading reading = Reading.start(narrow)) {
      database.execute("insert into tmp_orders values (1)");
      reading.read(1);
      position = reading.position();
      epoch = reading.reader().epoch();
    }
    database.execute("insert into orders values (1, 'x')");
    CaptureList wide =
        new CaptureList(
            List.of(),
            List.of(TablePattern.of(database.name() + ".*", new TableOptions("x.*"))),
            List.of());
    String stored = MySqlPosition.parse(position).captured();
    assertThat(stored).isEqualTo(database.name() + ".tmp_orders");
    assertThat(wide.changedSince(stored).orElseThrow())
        .contains("from (" + stored + ") to (" + database.name() + ".*)")
        .contains("is not published");
    assertThat(wide.changedSince(wide.stored())).isEmpty();
    assertThat(wide.changedSince("")).isEmpty();
    MySqlSource more = install(TestFlavour.builder(database).capture(database.name() + ".*"));
    try (Reading reading = Reading.resume(more, position, epoch)) {
      database.execute("insert into orders values (2, 'x')");
      assertThat(entities(reading.read(2))).containsExactly("CREATED orders 1", "CREATED orders 2");
    }
  }

  @Test
  void what_does_not_fit_together_is_told_at_once() {
    assertThatThrownBy(
            () ->
                TestFlavour.builder(database)
                    .capture("*.*", t -> t.entity("all"))
                    .capture("shop.kept")
                    .exclude("shop.k*")
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("give a rule")
        .hasMessageContaining("shop.kept is captured and excluded");
    assertThatThrownBy(() -> TestFlavour.builder(database).capture("*.orders").build())
        .hasMessageContaining("registrationDatabase");
    assertThatThrownBy(
            () -> TestFlavour.builder(database).capture("shop.x").exclude("shop.y").build())
        .hasMessageContaining("no pattern is captured");
    assertThatThrownBy(() -> TestFlavour.builder(database).build())
        .hasMessageContaining("nothing is captured");
  }
}
