package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Tables whose columns the log does not name: right by the catalog, or an error, never shifted. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class BinlogMinimalMetadataContract {
  private static final String TYPES =
      "create table types (t tinyint unsigned, b bigint unsigned not null, i int, m mediumint unsigned,"
          + " d decimal(10,3), f float, g double, v varchar(300) character set latin1,"
          + " w varchar(20) character set utf8mb4, c char(10) character set utf8mb4, x text, l longtext,"
          + " n binary(5), o varbinary(9), p blob, e enum('it''s', 'a,b', 'ü', 'c:\\\\d'),"
          + " s set('one', 'tw''o'), j json, da date, ti time(3), dt datetime(6), ts timestamp(2) null,"
          + " y year, bi bit(9), gen int as (i + 1) stored, a varchar(10) not null,"
          + " primary key (a, b)) character set utf8mb4";

  private static final String VALUES =
      " (t, b, i, m, d, f, g, v, w, c, x, l, n, o, p, e, s, j, da, ti, dt, ts, y, bi, a) values (255,"
          + " 18446744073709551615, -1, 16777215, 1.5, 1.5, 2.5, 'é', 'ü€', 'c', 'x', 'l', 'n', 'o', 'p',"
          + " %s, 'one,tw''o', '{\"k\": 1}', '2024-02-29', '-12:00:00.5', '2024-01-01 00:00:00.123456',"
          + " '2024-01-01 00:00:00.12', 2024, b'100000001', '%s')";

  private final TestFlavour flavour;
  private final List<String> settings;
  private SqlServer server;
  private Database database;

  /**
   * @param settings of binlog_row_metadata that leave names out
   */
  BinlogMinimalMetadataContract(TestFlavour flavour, String... settings) {
    this.flavour = flavour;
    this.settings = List.of(settings);
  }

  @BeforeAll
  void startServer() {
    server = flavour.dedicated(ServerOptions.defaults());
  }

  @AfterAll
  void closeServer() {
    server.close();
  }

  @BeforeEach
  void makeDatabase() {
    database = server.createDatabase("minimal");
    database.execute("create table orders (id int primary key, a int, b int)");
    metadata(settings.get(0));
  }

  @AfterEach
  void dropDatabase() {
    database.drop();
  }

  private void metadata(String value) {
    database.execute("set global binlog_row_metadata = '" + value + "'");
  }

  private MySqlSource source(String table) {
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(database.name() + "." + table)
            .acceptMinimalMetadata()
            .build();
    source.registration().install();
    return source;
  }

  private static List<String> states(List<ChangeEvent> events) {
    return events.stream().map(e -> String.valueOf(e.newValue())).toList();
  }

  /** A position at which the reader stood, caught up, when its process ended. */
  private Position stop(MySqlSource source) throws InterruptedException {
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders (id, a, b) values (100, 1, 2)");
      assertThat(states(reading.read(1)).get(0)).contains("a=1", "b=2");
      return reading.position();
    }
  }

  @Test
  void they_are_refused_unless_accepted() throws Exception {
    MySqlSource plain = TestFlavour.builder(database).capture(database.name() + ".orders").build();
    plain.registration().install();
    assertThat(plain.preflight())
        .anyMatch(
            f ->
                f.code().equals("binlog-row-metadata") && f.severity() == Finding.Severity.REFUSED);
    try (Reading reading = Reading.start(plain)) {
      database.execute("insert into orders values (1, 1, 1)");
      assertThat(BinlogReaderContract.failure(reading))
          .hasMessageContaining("acceptMinimalMetadata()");
    }
    assertThat(BinlogReaderContract.codes(source("orders"))).containsExactly("binlog-row-metadata");
  }

  @Test
  void every_value_is_as_with_full_metadata() throws Exception {
    database.execute(TYPES);
    try (Reading reading = Reading.start(source("types"))) {
      metadata("FULL");
      database.execute("insert into types" + VALUES.formatted("'ü'", "k"));
      ChangeEvent full = reading.read(1).get(0);
      for (String setting : settings) {
        metadata(setting);
        database.execute("delete from types", "insert into types" + VALUES.formatted("'ü'", "k"));
        List<ChangeEvent> events = reading.read(2);
        assertThat(events.get(0).oldValue()).describedAs(setting).isEqualTo(full.newValue());
        assertThat(events.get(1).newValue()).isEqualTo(full.newValue());
        assertThat(events.get(1).key()).isEqualTo(full.key());
        assertThat(events.get(1).id()).isEqualTo(full.id());
        for (String label : List.of("'it''s'", "'a,b'", "'c:\\\\d'")) {
          database.execute("update types set e = " + label);
          assertThat(reading.read(1).get(0).newValue().get("e").toString())
              .isEqualTo(
                  "'"
                      + label
                          .substring(1, label.length() - 1)
                          .replace("''", "'")
                          .replace("\\\\", "\\")
                      + "'");
        }
        database.execute("update types set e = 'ü'");
        reading.read(1);
      }
    }
  }

  /** Reading ahead takes as long as it takes; meanwhile the reader must not seem dead. */
  @Test
  void polls_return_while_the_log_is_read_ahead() throws Exception {
    source("orders");
    try (NetworkProxy proxy = NetworkProxy.to(server)) {
      MySqlSource slow =
          MySqlSource.builder(database.dataSource())
              .host(proxy.host())
              .port(proxy.port())
              .user(database.user())
              .password(Secret.of(database.password()))
              .service("shop")
              .capture(database.name() + ".orders")
              .acceptMinimalMetadata()
              .build();
      try (Reading reading = Reading.start(slow)) {
        proxy.delay(Duration.ofMillis(400));
        database.execute("insert into orders values (1, 10, 20)");
        int empty = 0;
        List<ChangeEvent> events = List.of();
        while (events.isEmpty()) {
          long since = System.nanoTime();
          events = reading.poll();
          assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(Duration.ofSeconds(3));
          empty += events.isEmpty() && System.nanoTime() - since > 900_000_000L ? 1 : 0;
        }
        assertThat(states(events)).containsExactly("{id=1, a=10, b=20}");
        assertThat(empty).describedAs("polls that came back in between").isPositive();
      }
    }
  }

  @Test
  void a_definition_that_changes_before_the_readers_eyes_is_followed() throws Exception {
    MySqlSource source = source("orders");
    try (Reading reading = Reading.start(source)) {
      String[] steps = {
        "insert into orders values (1, 10, 20)",
        "alter table orders modify column a int after b",
        "insert into orders values (2, 20, 10)",
        "alter table orders add column c int first, drop column b",
        "insert into orders values (7, 3, 10)",
        "alter table orders rename column a to z",
        "insert into orders values (7, 4, 10)",
      };
      String[] read = {
        "{id=1, a=10, b=20}", "{id=2, b=20, a=10}", "{c=7, id=3, a=10}", "{c=7, id=4, z=10}"
      };
      String schema = "";
      for (int i = 0; i < read.length; i++) {
        if (i > 0) {
          database.execute(steps[2 * i - 1]);
        }
        database.execute(steps[2 * i]);
        ChangeEvent event = reading.read(1).get(0);
        assertThat(event.newValue()).hasToString(read[i]);
        assertThat(event.schema()).isNotEqualTo(schema);
        schema = event.schema();
      }
      Instant now = Instant.ofEpochSecond(1_700_000_000);
      assertThat(source.beat(new Heartbeat("test", 1, now, Optional.empty()))).isTrue();
      assertThat(reading.read(1).get(0).entity()).isEqualTo("millrace.heartbeat");
    }
  }

  @Test
  void a_definition_that_overtakes_the_reader_is_an_error_whatever_it_changed() throws Exception {
    MySqlSource source = source("orders");
    String[] changes = {
      "alter table orders modify column a int after b", // same types: only the statement tells
      "alter table orders add column c int default 5",
      "alter table orders drop column b",
      "alter table orders rename column a to z",
      "rename table orders to elsewhere, other to orders"
    };
    for (String change : changes) {
      database.execute(
          "drop table if exists orders, elsewhere, other",
          "create table orders (id int primary key, a int, b int)",
          "create table other (id int primary key, b int, a int)");
      Position position = stop(source);
      database.execute("insert into orders values (1, 10, 20)", change);
      try (Reading reading = Reading.resume(source, position, 1)) {
        assertThat(BinlogReaderContract.failure(reading))
            .describedAs(change)
            .hasMessageContaining(database.name() + ".orders")
            .hasMessageContaining(change.substring(0, 30))
            .hasMessageContaining("binlog_row_metadata=FULL")
            .matches(e -> !e.retryable());
      }
    }
  }

  @Test
  void what_was_written_after_the_change_and_what_concerns_others_is_read() throws Exception {
    MySqlSource source = source("orders");
    Position position = stop(source);
    Database neighbour = server.createDatabase("neighbour");
    neighbour.execute("create table orders (id int primary key)");
    database.execute(
        "create table others (id int primary key, orders int)",
        "alter table orders modify column a int after b",
        "insert into orders values (1, 20, 10)",
        "alter table others add column x int");
    neighbour.execute("alter table orders add column x int");
    try (Reading reading = Reading.resume(source, position, 1)) {
      assertThat(states(reading.read(1))).containsExactly("{id=1, b=20, a=10}");
    }
    neighbour.drop();
  }

  @Test
  void rows_that_were_logged_with_names_need_no_catalog() throws Exception {
    MySqlSource source = source("orders");
    Position position = stop(source);
    metadata("FULL");
    database.execute(
        "insert into orders values (1, 10, 20)",
        "alter table orders modify column a int after b",
        "insert into orders values (2, 20, 10)");
    try (Reading reading = Reading.resume(source, position, 1)) {
      assertThat(states(reading.read(2)))
          .containsExactly("{id=1, a=10, b=20}", "{id=2, b=20, a=10}");
    }
  }

  @Test
  void a_change_that_the_log_does_not_hold_is_an_error_where_number_or_types_tell()
      throws Exception {
    MySqlSource source = source("orders");
    for (String change :
        List.of("add column c int", "modify column a bigint", "modify column a varchar(20)")) {
      database.execute(
          "drop table orders", "create table orders (id int primary key, a int, b int)");
      Position position = stop(source);
      database.execute("insert into orders values (1, 10, 20)");
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("set session sql_log_bin = 0");
        statement.execute("alter table orders " + change);
      }
      try (Reading reading = Reading.resume(source, position, 1)) {
        assertThat(BinlogReaderContract.failure(reading))
            .describedAs(change)
            .hasMessageContaining(database.name() + ".orders")
            .hasMessageContaining("another one by now");
      }
    }
  }

  @Test
  void a_table_that_is_made_later_is_read_too() throws Exception {
    MySqlSource source = source("*");
    try (Reading reading = Reading.start(source)) {
      database.execute(
          "create table late (id int primary key, n int unsigned)",
          "insert into late values (1, 4294967295)",
          "create table copied (primary key (id)) select 7 as id, 'x' as note",
          "insert into copied values (8, 'y')");
      assertThat(states(reading.read(3)))
          .containsExactly("{id=1, n=4294967295}", "{id=7, note='x'}", "{id=8, note='y'}");
    }
  }

  @Test
  void a_table_that_is_gone_is_an_error() throws SQLException, InterruptedException {
    MySqlSource source = source("orders");
    Position position = stop(source);
    database.execute("insert into orders values (1, 10, 20)", "drop table orders");
    try (Reading reading = Reading.resume(source, position, 1)) {
      assertThat(BinlogReaderContract.failure(reading)).hasMessageContaining(".orders");
    }
  }
}
