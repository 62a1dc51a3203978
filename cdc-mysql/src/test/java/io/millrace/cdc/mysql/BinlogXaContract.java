package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** XA transactions: their changes come when they end, wherever the reader was in between. */
abstract class BinlogXaContract {
  private final TestFlavour flavour;
  private Database database;

  BinlogXaContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeDatabase() {
    database = flavour.shared().createDatabase("xa");
    database.execute(
        "create table orders (id int primary key, note varchar(2000))",
        "create table other (id int primary key)");
  }

  @AfterEach
  void dropDatabase() {
    database.drop();
  }

  private MySqlSource source() {
    MySqlSource source = TestFlavour.builder(database).capture(database.name() + ".orders").build();
    source.registration().install();
    return source;
  }

  private void run(String... statements) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Ids are the server's, not the database's. */
  private String xid(String name) {
    return "'" + database.name() + "_" + name + "','b" + name + "',7";
  }

  private void prepare(String name, String... statements) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("xa start " + xid(name));
      for (String sql : statements) {
        statement.execute(sql);
      }
      statement.execute("xa end " + xid(name));
      statement.execute("xa prepare " + xid(name));
    }
  }

  /** Reads until the position says that so many XA transactions are open. */
  private static void awaitOpen(Reading reading, int count) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (MySqlPosition.parse(reading.position()).open().size() != count) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      assertThat(reading.poll()).isEmpty();
    }
  }

  private static List<String> ids(List<ChangeEvent> events) {
    return events.stream().map(ChangeEvent::id).toList();
  }

  @Test
  void changes_come_at_xa_commit_and_nothing_at_rollback() throws Exception {
    try (Reading reading = Reading.start(source())) {
      prepare("a", "insert into orders values (1, 'x'), (2, 'x')", "insert into other values (1)");
      prepare("b", "insert into orders values (3, 'x')");
      awaitOpen(reading, 2);
      run("insert into orders values (4, 'x')", "xa rollback " + xid("b"));
      ChangeEvent between = reading.read(1).get(0);
      assertThat(between.id()).isEqualTo("4");
      run("xa commit " + xid("a"), "insert into orders values (5, 'x')");
      List<ChangeEvent> events = reading.read(3);
      assertThat(ids(events)).containsExactly("1", "2", "5");
      assertThat(events.get(0).version()).isGreaterThan(between.version());
      assertThat(events.get(1).version()).isGreaterThan(events.get(0).version());
      assertThat(events.get(2).version()).isGreaterThan(events.get(1).version());
      assertThat(MySqlPosition.parse(reading.position()).open()).isEmpty();
    }
  }

  @Test
  void one_phase_and_foreign_ones_are_ordinary() throws Exception {
    try (Reading reading = Reading.start(source())) {
      run(
          "xa start " + xid("one"),
          "insert into orders values (1, 'x')",
          "xa end " + xid("one"),
          "xa commit " + xid("one") + " one phase");
      prepare("foreign", "insert into other values (1)");
      run("xa commit " + xid("foreign"), "insert into orders values (2, 'x')");
      assertThat(ids(reading.read(2))).containsExactly("1", "2");
    }
  }

  @Test
  void an_open_one_is_read_again_after_a_restart() throws Exception {
    MySqlSource source = source();
    Position position;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      epoch = reading.reader().epoch();
      run("insert into orders values (1, 'x')");
      prepare("early", "insert into orders values (2, 'early')");
      prepare("late", "insert into orders values (3, 'late')");
      run("insert into orders values (4, 'x')");
      prepare("gone", "insert into orders values (5, 'gone')");
      run("xa rollback " + xid("gone"), "insert into orders values (6, 'x')");
      reading.read(3);
      awaitOpen(reading, 2);
      position = reading.position();
    }
    run("insert into orders values (7, 'x')", "xa commit " + xid("late"));
    try (Reading reading = Reading.resume(source, position, epoch)) {
      List<ChangeEvent> events = reading.read(2);
      assertThat(ids(events)).containsExactly("7", "3");
      assertThat(reading.reader().epoch()).isEqualTo(epoch);
      awaitOpen(reading, 1);
      position = reading.position();
    }
    // Resumed at a witness that ended what is not open any more.
    run("xa commit " + xid("early"));
    try (Reading reading = Reading.resume(source, position, epoch)) {
      assertThat(ids(reading.read(1))).containsExactly("2");
      position = reading.position();
    }
    run("insert into orders values (8, 'x')");
    try (Reading reading = Reading.resume(source, position, epoch)) {
      assertThat(ids(reading.read(1))).containsExactly("8");
    }
  }

  @Test
  void a_restart_directly_behind_a_prepare_keeps_it() throws Exception {
    MySqlSource source = source();
    Position position;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      epoch = reading.reader().epoch();
      prepare("a", "insert into orders values (1, 'x')");
      awaitOpen(reading, 1);
      position = reading.position();
    }
    run("xa commit " + xid("a"));
    try (Reading reading = Reading.resume(source, position, epoch)) {
      assertThat(ids(reading.read(1))).containsExactly("1");
    }
  }

  @Test
  void one_that_was_prepared_before_everything_read_is_a_lost_position() throws Exception {
    prepare("old", "insert into orders values (1, 'x')");
    prepare("undone", "insert into orders values (2, 'x')");
    try (Reading reading = Reading.start(source())) {
      run("xa rollback " + xid("undone"), "insert into orders values (3, 'x')");
      assertThat(ids(reading.read(1))).containsExactly("3");
      run("xa commit " + xid("old"));
      assertThatThrownBy(() -> reading.read(1))
          .isInstanceOf(LostPositionException.class)
          .hasMessageContaining("XA RECOVER");
    }
  }
}
