package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MYSQL)
class MySqlBinlogReaderTest extends BinlogReaderContract {
  MySqlBinlogReaderTest() {
    super(TestFlavour.MYSQL);
  }

  @Test
  void a_compressed_transaction_is_unpacked_in_its_place() throws Exception {
    String on = "set session binlog_transaction_compression = ON";
    MySqlSource source = source("orders", builder -> builder.transactionMemory(50_000));
    try (Reading reading = Reading.start(source)) {
      onOneConnection(
          "insert into orders values (0, 'before')",
          on,
          "begin",
          "insert into orders values (1, repeat('x', 2000)), (2, repeat('y', 2000))",
          "insert into other values (1)",
          "update orders set note = 'z' where id = 1",
          "update orders set id = 3 where id = 2",
          "commit",
          "insert into orders select n, repeat('w', 1900) from (with recursive s(n) as (select 100"
              + " union all select n + 1 from s where n < 200) select n from s) numbers",
          "set session binlog_transaction_compression = OFF",
          "insert into orders values (9, 'after')");
      List<ChangeEvent> events = reading.read(108);
      assertThat(events.subList(0, 6).stream().map(e -> e.type() + " " + e.id()))
          .containsExactly(
              "CREATED 0", "CREATED 1", "CREATED 2", "UPDATED 1", "DELETED 2", "CREATED 3");
      assertThat(events.get(107).id()).isEqualTo("9");
      for (int i = 1; i < events.size(); i++) {
        assertThat(events.get(i).version()).isGreaterThan(events.get(i - 1).version());
      }
      onOneConnection(on, "insert into orders values (10, 'x')");
      ChangeEvent last = reading.read(1).get(0);
      onOneConnection(on, "insert into orders values (11, 'x')");
      try (Reading again = Reading.resume(source, reading.position(), reading.reader().epoch())) {
        ChangeEvent next = again.read(1).get(0);
        assertThat(next.id()).isEqualTo("11");
        assertThat(next.version()).isGreaterThan(last.version());
      }
    }
  }

  @Test
  void rows_of_a_compressed_transaction_have_one_version_whatever_is_captured() throws Exception {
    MySqlSource narrow = source();
    MySqlSource wide = source("orders", builder -> builder.capture(database.name() + ".other"));
    try (Reading one = Reading.start(narrow);
        Reading both = Reading.resume(wide, one.position(), one.reader().epoch())) {
      onOneConnection(
          "set session binlog_transaction_compression = ON",
          "begin",
          "insert into other values (1), (2)",
          "insert into orders values (1, 'x'), (2, 'x')",
          "commit");
      assertThat(one.read(2)).isEqualTo(both.read(4).subList(2, 4));
    }
  }

  @Test
  void a_partial_update_of_json_is_an_error_where_the_table_is_captured() throws Exception {
    String partial = "set session binlog_row_value_options = 'PARTIAL_JSON'";
    for (String table : List.of("seen", "unseen")) {
      database.execute(
          "create table " + table + " (id int primary key, j json)",
          "insert into " + table + " values (1, json_object('a', repeat('x', 500), 'b', 1))");
    }
    try (Reading reading = Reading.start(source("seen", builder -> builder))) {
      onOneConnection(partial, "update unseen set j = json_set(j, '$.b', 2) where id = 1");
      database.execute("insert into seen values (2, '1')");
      assertThat(reading.read(1)).hasSize(1);
      onOneConnection(partial, "update seen set j = json_set(j, '$.b', 2) where id = 1");
      assertThat(failure(reading))
          .hasMessageContaining("PARTIAL_UPDATE_ROWS")
          .hasMessageContaining("binlog_row_value_options");
    }
  }

  @Test
  void tagged_transactions_are_read_and_resumed_after() throws Exception {
    MySqlSource source = source();
    Instant before = Instant.now().minusSeconds(1);
    try (Reading reading = Reading.start(source)) {
      onOneConnection(
          "set session gtid_next = 'AUTOMATIC:shop'",
          "insert into orders values (1, 'x')",
          "insert into orders values (2, 'x')",
          "set session gtid_next = 'AUTOMATIC:a_rather_long_tag_of_32_letters_'",
          "insert into orders values (3, 'x')",
          "set session gtid_next = 'AUTOMATIC'",
          "insert into orders values (4, 'x')",
          "set session gtid_next = 'AUTOMATIC:shop'",
          "insert into orders values (5, 'x')");
      List<ChangeEvent> events = reading.read(5);
      String server = database.value("select @@server_uuid");
      assertThat(events.get(0).transactionId()).startsWith(server + ":shop:");
      assertThat(events.get(2).transactionId())
          .startsWith(server + ":a_rather_long_tag_of_32_letters_:");
      assertThat(events.get(3).transactionId()).matches(server + ":[0-9]+");
      for (ChangeEvent event : events) {
        assertThat(event.changedAt()).isBetween(before, Instant.now().plusSeconds(1));
      }
      onOneConnection(
          "set session gtid_next = 'AUTOMATIC:shop'", "insert into orders values (6, 'x')");
      database.execute("insert into orders values (7, 'x')");
      try (Reading again = Reading.resume(source, reading.position(), reading.reader().epoch())) {
        assertThat(again.read(2)).isEqualTo(reading.read(2));
        assertThat(again.reader().epoch()).isEqualTo(reading.reader().epoch());
      }
    }
  }
}
