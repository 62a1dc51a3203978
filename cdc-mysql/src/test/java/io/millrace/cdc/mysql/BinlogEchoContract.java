package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An applier is played with plain SQL, as the ledger's rules say it writes. */
abstract class BinlogEchoContract {
  /** Makes the ledger as the target does. */
  static final String LEDGER =
      "create table millrace_ledger(applier varbinary(64), entity varbinary(128), id varbinary(512),"
          + " log varbinary(64), version varbinary(64), state tinyint, shadow blob, mark_table"
          + " varbinary(512), mark_key blob, mark bigint, hops int, applied_at"
          + " datetime(6), format smallint, primary key(applier, entity, id, log))";

  private final TestFlavour flavour;
  private Database database;
  private MySqlSource source;
  private int mark;

  BinlogEchoContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeTables() {
    database = flavour.shared().createDatabase("echo");
    database.execute(
        LEDGER,
        "create table orders (id int primary key, note varchar(50))",
        "create table audit (id int auto_increment primary key, order_id int)",
        "create table pair (a int, b varchar(10), primary key (a, b))");
    source =
        TestFlavour.builder(database)
            .capture(database.name() + ".orders")
            .capture(database.name() + ".audit")
            .capture(database.name() + ".pair")
            .build();
    source.registration().install();
  }

  @AfterEach
  void dropDatabase() {
    database.drop();
  }

  private void trigger(String moment) {
    database.execute(
        "create trigger audited "
            + moment
            + " on orders for each row insert into audit (order_id) values (new.id)");
  }

  /** One ledger row that names a row of a table. */
  private String marks(String table, String key, int hops) {
    return marks(database.name(), table, key, mark, hops);
  }

  /** The same, of any database. */
  static String marks(String database, String table, String key, int mark, int hops) {
    return String.format(
        "insert into millrace_ledger values ('a', 'e', '%s', 'other-1', x'01', 1, null, '%s.%s', '%s',"
            + " %s, %s, now(6), 1) on duplicate key update mark = values(mark), mark_table ="
            + " values(mark_table), mark_key = values(mark_key), hops = values(hops)",
        table + key, database, table, key, mark, hops);
  }

  private void transaction(String... statements) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String sql : statements) {
        statement.execute(sql);
      }
      connection.commit();
    }
  }

  private String mark(String table, String key) {
    mark++;
    return marks(table, key, 0);
  }

  private static List<String> told(List<ChangeEvent> events) {
    return events.stream()
        .map(e -> e.type() + " " + e.entity() + " " + e.id() + " " + e.hops())
        .toList();
  }

  @Test
  void what_an_applier_writes_to_the_rows_it_names_is_left_out() throws Exception {
    try (Reading reading = Reading.start(source)) {
      transaction(mark("orders", "1"), "insert into orders values (1, 'applied')");
      transaction(mark("orders", "1"), "update orders set note = 'again' where id = 1");
      transaction(mark("orders", "2"), "update orders set id = 2 where id = 1");
      transaction(mark("orders", "2"), "delete from orders where id = 2");
      transaction(mark("pair", "1,x\\\\,y"), "insert into pair values (1, 'x,y')");
      database.execute("insert into orders values (9, 'local')");
      assertThat(told(reading.read(1))).containsExactly("CREATED orders 9 0");
      assertThat(reading.echoes()).isEqualTo(5);
    }
  }

  @Test
  void a_local_write_of_the_same_row_right_afterwards_is_published() throws Exception {
    try (Reading reading = Reading.start(source)) {
      transaction(mark("orders", "1"), "insert into orders values (1, 'applied')");
      database.execute("update orders set note = 'local' where id = 1");
      assertThat(told(reading.read(1))).containsExactly("UPDATED orders 1 0");
      assertThat(reading.echoes()).isEqualTo(1);
    }
  }

  @Test
  void a_trigger_that_writes_another_table_is_published_one_hop_further() throws Exception {
    trigger("after insert");
    try (Reading reading = Reading.start(source)) {
      mark++;
      transaction(
          marks("orders", "1", 0),
          marks("orders", "2", 2),
          "insert into orders values (1, 'applied'), (2, 'applied')");
      List<ChangeEvent> events = reading.read(2);
      assertThat(told(events)).containsExactly("CREATED audit 1 3", "CREATED audit 2 3");
      assertThat(reading.echoes()).isEqualTo(2);
    }
  }

  @Test
  void a_trigger_that_fires_before_the_row_is_told_apart_too() throws Exception {
    trigger("before insert");
    try (Reading reading = Reading.start(source)) {
      transaction(mark("orders", "1"), "insert into orders values (1, 'applied')");
      assertThat(told(reading.read(1))).containsExactly("CREATED audit 1 1");
      assertThat(reading.echoes()).isEqualTo(1);
    }
  }

  @Test
  void several_groups_of_one_transaction_each_name_their_own_rows() throws Exception {
    try (Reading reading = Reading.start(source)) {
      transaction(
          mark("orders", "1"),
          "insert into orders values (1, 'applied')",
          mark("pair", "1,a"),
          "insert into pair values (1, 'a')",
          // no group names it any more
          "update orders set note = 'local' where id = 1",
          mark("orders", "1"),
          "update orders set note = 'applied' where id = 1");
      assertThat(told(reading.read(1))).containsExactly("UPDATED orders 1 1");
      assertThat(reading.echoes()).isEqualTo(3);
    }
  }

  @Test
  void a_group_whose_statement_changed_nothing_does_not_name_later_rows() throws Exception {
    database.execute("insert into orders values (1, 'same')");
    try (Reading reading = Reading.start(source)) {
      transaction(
          mark("orders", "1"),
          "update orders set note = 'same' where id = 1",
          mark("pair", "1,a"),
          "insert into pair values (1, 'a')",
          "update orders set note = 'local' where id = 1");
      assertThat(told(reading.read(1))).containsExactly("UPDATED orders 1 1");
      assertThat(reading.echoes()).isEqualTo(1);
    }
  }

  @Test
  void rows_of_a_like_key_or_a_like_table_are_not_named() throws Exception {
    Database other = flavour.shared().createDatabase("echo");
    other.execute("create table orders (id int primary key)");
    MySqlSource both =
        TestFlavour.builder(database)
            .capture(database.name() + ".orders")
            .capture(other.name() + ".orders", t -> t.entity("other"))
            .build();
    try (Reading reading = Reading.start(both)) {
      transaction(
          mark("orders", "1"),
          "insert into orders values (1, 'applied')",
          "insert into orders values (11, 'local')",
          "insert into " + other.name() + ".orders values (1)");
      assertThat(told(reading.read(2))).containsExactly("CREATED orders 11 1", "CREATED other 1 1");
    }
    other.drop();
  }

  @Test
  void a_group_without_a_key_names_every_row_of_its_table_until_the_next() throws Exception {
    database.execute(
        "insert into orders values (1, 'a'), (2, 'b')", "insert into pair values (1, 'a')");
    try (Reading reading = Reading.start(source)) {
      transaction(
          mark("orders", ""),
          "delete from orders",
          "delete from pair",
          mark("pair", "1,a"),
          "insert into orders values (3, 'local')",
          "insert into pair values (1, 'a')",
          mark("pair", "\\\\e"),
          "insert into pair values (2, '')");
      assertThat(told(reading.read(3)))
          .containsExactly("DELETED pair 1,a 1", "CREATED orders 3 1", "CREATED pair 2,\\e 1");
      assertThat(reading.echoes()).isEqualTo(3);
    }
  }

  @Test
  void a_ledger_that_only_loses_rows_names_none() throws Exception {
    transaction(mark("orders", "1"), "insert into orders values (1, 'applied')");
    try (Reading reading = Reading.start(source)) {
      transaction("delete from millrace_ledger", "update orders set note = 'local' where id = 1");
      assertThat(told(reading.read(1))).containsExactly("UPDATED orders 1 0");
    }
  }
}
