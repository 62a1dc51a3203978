package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the reader does with everything but plain rows. */
abstract class BinlogReaderContract {
  final TestFlavour flavour;
  Database database;

  BinlogReaderContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeDatabase() {
    database = flavour.shared().createDatabase("reader");
    database.execute("create table orders (id int primary key, note varchar(2000))");
    database.execute("create table other (id int primary key)");
  }

  @AfterEach
  void dropDatabase() {
    database.drop();
  }

  MySqlSource source() {
    return source("orders", builder -> builder);
  }

  MySqlSource source(String table, UnaryOperator<MySqlSource.Builder> more) {
    MySqlSource source =
        more.apply(TestFlavour.builder(database).capture(database.name() + "." + table)).build();
    source.registration().install();
    return source;
  }

  void onOneConnection(String... statements) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /**
   * What preflight finds, but for what every test server has: it does not force its log to disk.
   */
  static List<String> codes(MySqlSource source) {
    List<String> codes = new ArrayList<>(source.preflight().stream().map(Finding::code).toList());
    assertThat(codes.remove("sync-binlog")).isTrue();
    codes.remove("gtid-mode"); // of the server without GTIDs
    return codes;
  }

  /** Reads on until the reader fails, and says how. */
  static SourceException failure(Reading reading) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (System.nanoTime() < deadline) {
      try {
        assertThat(reading.poll()).isEmpty();
      } catch (SourceException e) {
        return e;
      }
    }
    throw new AssertionError("nothing failed");
  }

  @Test
  void a_large_transaction_waits_in_a_file_and_comes_whole() throws Exception {
    int rows = 3000;
    MySqlSource source = source("orders", builder -> builder.transactionMemory(100_000));
    try (Reading reading = Reading.start(source);
        Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("insert into orders values (?, repeat('x', 1000))")) {
        for (int i = 0; i < rows; i++) {
          insert.setInt(1, i);
          insert.executeUpdate();
        }
      }
      assertThat(reading.poll()).isEmpty();
      connection.commit();
      List<ChangeEvent> events = reading.read(rows);
      for (int i = 0; i < rows; i++) {
        assertThat(events.get(i).id()).isEqualTo(Integer.toString(i));
      }
      assertThat(events.stream().map(ChangeEvent::eventId).distinct()).hasSize(rows);
      database.execute("insert into orders values (-1, '')");
      assertThat(reading.read(1).get(0).id()).isEqualTo("-1");
    }
  }

  @Test
  void a_row_of_60_megabytes_comes_whole_and_in_order() throws Exception {
    int size = 60_000_000;
    database.execute("create table big (id int primary key, data longblob)");
    try (Reading reading = Reading.start(source("big", builder -> builder))) {
      database.execute("set global max_allowed_packet = 134217728");
      database.execute(
          "insert into big values (1, concat('[', repeat('a', "
              + (size - 2)
              + "), ']')), (2, 'b')");
      List<ChangeEvent> events = reading.read(2);
      assertThat(events.get(1).id()).isEqualTo("2");
      Value data = Objects.requireNonNull(events.get(0).newValue()).get("data");
      byte[] expected = new byte[size];
      Arrays.fill(expected, (byte) 'a');
      expected[0] = '[';
      expected[size - 1] = ']';
      // Compared here, since a failure's message would hold all of it.
      assertThat(Arrays.equals(((Value.BytesValue) data).value(), expected)).isTrue();
    }
  }

  @Test
  void truncate_is_an_event_of_its_own() throws Exception {
    try (Reading reading = Reading.start(source())) {
      database.execute(
          "insert into orders values (1, 'x')",
          "truncate table orders",
          "truncate other",
          "TRUNCATE `" + database.name() + "`.`orders`",
          "insert into orders values (1, 'x')");
      List<ChangeEvent> events = reading.read(4);
      assertThat(events.stream().map(ChangeEvent::type))
          .containsExactly(
              ChangeType.CREATED, ChangeType.TRUNCATED, ChangeType.TRUNCATED, ChangeType.CREATED);
      assertThat(events.get(1).id()).isEmpty();
      assertThat(events.get(1).version()).isLessThan(events.get(2).version());
    }
  }

  @Test
  void a_changed_table_shows_as_another_fingerprint() throws Exception {
    try (Reading reading = Reading.start(source())) {
      database.execute(
          "insert into orders values (1, 'x')",
          "insert into orders values (2, 'x')",
          "alter table orders add column total decimal(5,2) default 1.5, rename column note to text",
          "insert into orders values (3, 'x', 2)");
      List<ChangeEvent> events = reading.read(3);
      assertThat(events.get(0).schema()).isEqualTo(events.get(1).schema());
      assertThat(events.get(2).schema()).isNotEqualTo(events.get(1).schema());
      assertThat(events.get(2).newValue()).hasToString("{id=3, text='x', total=2.00}");
    }
  }

  @Test
  void foreign_transactions_move_the_position_on() throws Exception {
    try (Reading reading = Reading.start(source())) {
      Position before = reading.position();
      database.execute("insert into other values (1)");
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (reading.position().equals(before)) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        assertThat(reading.poll()).isEmpty();
      }
      while (!reading.reader().progress().lagMillis().equals(OptionalLong.of(0))) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        assertThat(reading.poll()).isEmpty();
      }
    }
  }

  @Test
  void a_reader_closed_in_mid_stream_leaves_nothing_behind_that_reads_on() throws Exception {
    List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> uncaught.add(error));
    try {
      MySqlSource source = source();
      Position position;
      long epoch;
      try (Reading reading = Reading.start(source)) {
        position = reading.position();
        epoch = reading.reader().epoch();
      }
      database.execute("insert into orders values (0, repeat('x', 2000))");
      for (int rows = 1; rows < 8_000; rows *= 2) {
        database.execute("insert into orders select id + " + rows + ", note from orders");
      }
      for (int i = 0; i < 6; i++) {
        try (Reading reading = Reading.resume(source, position, epoch)) {
          for (int polls = 0; polls <= i; polls++) {
            reading.poll();
            Thread.sleep(10); // the connection's thread gets ahead, until it has to wait
          }
        }
      }
      assertThat(uncaught).isEmpty();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void changes_say_when_they_were_committed() throws Exception {
    Instant before = Instant.now().minusSeconds(1);
    try (Reading reading = Reading.start(source())) {
      database.execute("insert into orders values (1, 'x')");
      assertThat(reading.read(1).get(0).changedAt())
          .isBetween(before.minusSeconds(1), Instant.now().plusSeconds(1));
    }
  }

  @Test
  void a_statement_that_says_not_which_rows_it_changes_is_an_error() throws Exception {
    try (Reading reading = Reading.start(source())) {
      onOneConnection(
          "set session binlog_format = 'STATEMENT'", "insert into orders values (1, 'x')");
      assertThat(failure(reading))
          .hasMessageContaining("insert into orders")
          .hasMessageContaining("binlog_format=ROW")
          .matches(e -> !e.retryable());
    }
  }

  @Test
  void what_a_session_does_not_log_is_invisible_and_disturbs_nothing() throws Exception {
    try (Reading reading = Reading.start(source())) {
      onOneConnection(
          "insert into orders values (1, 'seen')",
          "set session sql_log_bin = 0",
          "insert into orders values (2, 'unseen')",
          "update orders set note = 'changed unseen' where id = 1",
          "set session sql_log_bin = 1",
          "update orders set note = 'seen again' where id = 1");
      List<ChangeEvent> events = reading.read(2);
      assertThat(events.get(0).newValue()).hasToString("{id=1, note='seen'}");
      assertThat(events.get(1).oldValue()).hasToString("{id=1, note='changed unseen'}");
    }
  }

  @Test
  void a_row_without_transactions_stays_where_its_transaction_is_rolled_back() throws Exception {
    database.execute(
        "create table plain (id int primary key) engine = MyISAM",
        "create trigger both_of_them after insert on orders for each row"
            + " insert into plain values (new.id + 100)");
    MySqlSource source = source("orders", b -> b.capture(database.name() + ".plain"));
    try (Reading reading = Reading.start(source)) {
      try {
        onOneConnection(
            "begin",
            "insert into plain values (1)",
            "insert into orders values (2, 'undone')",
            "insert into plain values (3)",
            "rollback");
      } catch (SQLException e) {
        // enforce_gtid_consistency forbids to mix them
        assertThat(flavour).isEqualTo(TestFlavour.MYSQL);
        assertThat(e.getErrorCode()).isEqualTo(1785);
        return;
      }
      List<List<Object>> left = database.query("select id from plain order by id");
      assertThat(database.query("select id from orders")).isEmpty();
      List<ChangeEvent> events = reading.read(left.size());
      assertThat(events.stream().map(e -> e.type() + " " + e.entity() + " " + e.id()))
          .containsExactlyInAnyOrderElementsOf(
              left.stream().map(row -> "CREATED plain " + row.get(0)).toList());
    }
  }

  @Test
  void a_row_logged_in_part_is_a_partial_event_and_missing_is_not_null() throws Exception {
    database.execute(
        "create table parts (id int primary key, a int default 5, b varchar(20), c text, u int unique)",
        "insert into parts values (1, 1, 'x', 'y', 1), (2, 2, null, 'y', 2)");
    try (Reading reading = Reading.start(source("parts", builder -> builder))) {
      onOneConnection(
          "set session binlog_row_image = 'MINIMAL'",
          "insert into parts (id, b) values (3, null)",
          "update parts set b = null, a = 9 where id = 1",
          "update parts set b = 'z' where id = 2",
          "delete from parts where id = 2",
          "set session binlog_row_image = 'NOBLOB'",
          "update parts set a = 10 where id = 1",
          "set session binlog_row_image = 'FULL'",
          "update parts set a = 11 where id = 1");
      List<ChangeEvent> events = reading.read(6);
      assertThat(events.get(0).newValue().partial()).isTrue();
      assertThat(events.get(0).newValue().has("c")).isFalse();
      assertThat(events.get(0).newValue().get("b")).hasToString("null");
      assertThat(events.get(1).newValue()).hasToString("{id=1, a=9, b=null, …}");
      assertThat(events.get(1).oldValue()).hasToString("{id=1, …}");
      assertThat(events.get(1).changedFields()).containsExactly("a", "b");
      assertThat(events.get(2).newValue()).hasToString("{id=2, b='z', …}");
      assertThat(events.get(2).changedFields()).containsExactly("b");
      assertThat(events.get(3).type()).isEqualTo(ChangeType.DELETED);
      assertThat(events.get(3).oldValue()).hasToString("{id=2, …}");
      assertThat(events.get(4).newValue()).hasToString("{id=1, a=10, b=null, u=1, …}");
      assertThat(events.get(4).changedFields()).containsExactly("a");
      assertThat(events.get(5).newValue()).hasToString("{id=1, a=11, b=null, c='y', u=1}");
      onOneConnection(
          "set session binlog_row_image = 'MINIMAL'", "update parts set id = 7 where id = 1");
      assertThat(failure(reading))
          .hasMessageContaining("its key changed")
          .hasMessageContaining("binlog_row_image=FULL");
    }
  }

  @Test
  void columns_are_left_out_masked_and_hashed_before_they_are_decoded() throws Exception {
    database.execute(
        "create table person (id int primary key, name varchar(50), card varchar(50), mail text,"
            + " secret_a int, secret_b json, note text)");
    Secret secret = Secret.of("pepper");
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(
                database.name() + ".person",
                t -> t.exclude("secret_*").mask("card", "note").hash(secret, "mail"))
            .build();
    source.registration().install();
    try (Reading reading = Reading.start(source)) {
      database.execute(
          "insert into person values (1, 'Ann', '4111', 'a@b', 1, '{}', null)",
          "update person set card = '4222' where id = 1",
          "update person set secret_a = 2, secret_b = '[]' where id = 1",
          "update person set mail = 'c@d' where id = 1");
      List<ChangeEvent> events = reading.read(3);
      assertThat(events.get(0).newValue().toString())
          .startsWith("{id=1, name='Ann', card='***', mail='")
          .endsWith("', note=null}");
      assertThat(events.get(0).newValue().get("mail").toString()).matches("'[0-9a-f]{64}'");
      assertThat(events.get(0).newValue().get("mail"))
          .isEqualTo(events.get(1).newValue().get("mail"));
      assertThat(events.get(1).changedFields()).containsExactly("card");
      assertThat(events.get(2).changedFields()).containsExactly("mail");
    }
    MySqlSource few =
        TestFlavour.builder(database)
            .capture(database.name() + ".person", t -> t.only("id", "n*").exclude("note"))
            .build();
    try (Reading reading = Reading.start(few)) {
      database.execute("insert into person (id, name) values (2, 'Bob')");
      assertThat(reading.read(1).get(0).newValue()).hasToString("{id=2, name='Bob'}");
    }
    MySqlSource wrong =
        TestFlavour.builder(database)
            .capture(database.name() + ".person", t -> t.only("name"))
            .build();
    try (Reading reading = Reading.start(wrong)) {
      database.execute("insert into person (id, name) values (3, 'Bob')");
      assertThat(failure(reading)).hasMessageContaining("'id' is part of the key");
    }
  }

  @Test
  void headroom_is_how_long_the_server_keeps_what_is_not_read() throws Exception {
    String before = database.value("select @@global.binlog_expire_logs_seconds");
    try {
      database.execute("set global binlog_expire_logs_seconds = 7200");
      try (Reading reading = Reading.start(source())) {
        database.execute("insert into orders values (1, 'x')");
        reading.read(1);
        assertThat(reading.poll()).isEmpty();
        assertThat(reading.reader().progress().headroom()).contains(Duration.ofHours(2));
      }
      database.execute("set global binlog_expire_logs_seconds = 0");
      try (Reading reading = Reading.start(source())) {
        database.execute("insert into orders values (2, 'x')");
        reading.read(1);
        assertThat(reading.reader().progress().headroom()).isEmpty();
      }
    } finally {
      database.execute("set global binlog_expire_logs_seconds = " + before);
    }
  }

  @Test
  void a_wrong_password_is_an_error_that_needs_a_person() {
    MySqlSource source = source("orders", b -> b.user("nobody").password(Secret.of("wrong")));
    assertThatThrownBy(() -> Reading.start(source))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("nobody")
        .matches(e -> !((SourceException) e).retryable());
  }

  @Test
  void preflight_is_silent_where_all_is_well_and_names_what_is_not() {
    assertThat(codes(source())).isEmpty();
    database.execute(
        "create table keyless (id int)",
        "create table child (id int primary key, parent int, foreign key (parent) references orders (id)"
            + " on delete cascade)");
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(database.name() + ".keyless")
            .capture(database.name() + ".nowhere")
            .capture(database.name() + ".child")
            .build();
    List<String> codes = source.preflight().stream().map(Finding::code).toList();
    assertThat(codes).contains("primary-key", "table-missing");
    assertThat(codes.contains("foreign-key-cascade")).isEqualTo(flavour == TestFlavour.MARIADB);
  }

  @Test
  void a_name_that_is_no_columns_is_refused_with_the_tables_columns() {
    database.execute("create table card (id int primary key, number text, secret_pin text)");
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(
                database.name() + ".card",
                t ->
                    t.exclude("nunber", "none_*")
                        .mask("secret-pin")
                        .ignoreWhenAlone("touched")
                        .rename("ID", "id"))
            .build();
    List<Finding> findings =
        source.preflight().stream().filter(f -> f.code().equals("column-unknown")).toList();
    assertThat(findings)
        .extracting(finding -> finding.severity() + " " + finding.message())
        .containsExactly(
            "REFUSED exclude(…) of %s.card names what is no column of it: nunber."
                .formatted(database.name()),
            "REFUSED mask or hash(…) of %s.card names what is no column of it: secret-pin."
                .formatted(database.name()),
            "REFUSED ignoreWhenAlone(…) of %s.card names what is no column of it: touched."
                .formatted(database.name()),
            "REFUSED rename(…) of %s.card names what is no column of it: ID."
                .formatted(database.name()));
    assertThat(findings.get(0).remedy()).contains("id, number, secret_pin");
  }

  @Test
  void preflight_names_missing_grants() {
    source();
    Database poor = database.createUser("poor", "select on " + database.name() + ".*");
    MySqlSource source = TestFlavour.builder(poor).capture(database.name() + ".orders").build();
    assertThat(source.preflight().stream().map(Finding::code))
        .contains("grant-replication-slave", "grant-replication-client");
  }

  @Test
  void an_unregistered_log_is_refused_unless_it_is_named() throws Exception {
    MySqlSource.Builder builder =
        TestFlavour.builder(database).capture(database.name() + ".orders");
    assertThat(codes(builder.build())).containsExactly("registration-missing");
    assertThatThrownBy(() -> Reading.start(builder.build()).close())
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("registration().install()");
    try (Reading reading = Reading.start(builder.log("given").build())) {
      database.execute("insert into orders values (1, 'x')");
      assertThat(reading.read(1).get(0).log()).isEqualTo("given");
    }
  }

  @Test
  void the_registration_names_the_log_once_and_carries_the_epoch() throws Exception {
    MySqlSource source = source();
    source.registration().install();
    try (Reading reading = Reading.start(source)) {
      assertThat(reading.reader().log()).matches("shop-[0-9a-f]{8}");
      assertThat(
              database.value(
                  "select concat_ws(' ', log, epoch, format) from millrace_registration"))
          .isEqualTo(reading.reader().log() + " " + reading.reader().epoch() + " 1");
    }
  }

  @Test
  void a_pipeline_that_ran_before_and_has_no_position_has_lost_it() throws Exception {
    MySqlSource source = source();
    try (Reading reading = Reading.start(source)) {
      reading.reader().saved(reading.position());
    }
    assertThatThrownBy(() -> Reading.start(source))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("'test'");
    ReaderStart accepted = new ReaderStart("test", Optional.empty(), 7, FirstStart.NOW, true);
    try (SourceReader reader = source.open(accepted)) {
      assertThat(reader.epoch()).isGreaterThan(7);
    }
  }
}
