package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MARIADB)
class MariaDbBinlogReaderTest extends BinlogReaderContract {
  MariaDbBinlogReaderTest() {
    super(TestFlavour.MARIADB);
  }

  @Test
  void compressed_rows_and_statements_are_unpacked() throws Exception {
    MySqlSource source = source();
    try (Reading reading = Reading.start(source)) {
      database.execute("set global log_bin_compress = ON");
      assertThat(codes(source)).isEmpty();
      onOneConnection(
          "insert into orders values (1, repeat('x', 2000)), (2, repeat('é', 2000))",
          "update orders set note = repeat('y', 2000) where id = 1",
          "delete from orders where id = 2",
          "truncate table orders /*" + "x".repeat(2000) + "*/",
          "create table wide (id int primary key) /*" + "x".repeat(2000) + "*/",
          "insert into orders values (3, 'short')");
      List<ChangeEvent> events = reading.read(6);
      assertThat(events.stream().map(e -> e.type() + " " + e.id()))
          .containsExactly(
              "CREATED 1", "CREATED 2", "UPDATED 1", "DELETED 2", "TRUNCATED ", "CREATED 3");
      assertThat(events.get(1).newValue().get("note")).hasToString("'" + "é".repeat(2000) + "'");
      assertThat(events.get(2).newValue().get("note")).hasToString("'" + "y".repeat(2000) + "'");
      assertThat(events).isSortedAccordingTo(Comparator.comparing(ChangeEvent::version));
    } finally {
      database.execute("set global log_bin_compress = OFF");
    }
  }

  @Test
  void a_savepoint_rolled_back_beside_a_table_without_transactions_is_an_error() throws Exception {
    database.execute("create table plain (id int primary key) engine = MyISAM");
    try (Reading reading = Reading.start(source())) {
      onOneConnection(
          "begin",
          "insert into orders values (1, 'kept')",
          "savepoint s",
          "insert into orders values (2, 'gone')",
          "insert into plain values (1)",
          "rollback to s",
          "commit");
      assertThat(failure(reading)).hasMessageContaining("rolled back in part");
    }
  }

  @Test
  void a_uuid_is_told_from_binary_while_the_catalog_knows_it() throws Exception {
    database.execute(
        "create table b (id int primary key, raw binary(16))",
        "create table u (id int primary key, raw uuid, extra binary(16))");
    String text = "00112233-4455-6677-8899-aabbccddee00";
    try (Reading reading = Reading.start(source("b", builder -> builder))) {
      database.execute("insert into b values (1, x'00112233445566778899aabbccddee00')");
      assertThat(reading.read(1).get(0).newValue().get("raw"))
          .hasToString("0x00112233445566778899aabbccddee00");
    }
    MySqlSource source = source("u", builder -> builder);
    assertThat(codes(source)).isEmpty();
    Reading before = Reading.start(source);
    before.close();
    database.execute("insert into u values (1, '" + text + "', null)");
    try (Reading reading = Reading.resume(source, before.position(), before.reader().epoch())) {
      assertThat(reading.read(1).get(0).newValue())
          .hasToString("{id=1, raw=" + text + ", extra=null}");
    }
    database.execute("alter table u drop column extra");
    try (Reading reading = Reading.resume(source, before.position(), before.reader().epoch())) {
      assertThat(failure(reading)).hasMessageContaining("'extra'").hasMessageContaining("exclude");
    }
    String table = database.name() + ".u";
    MySqlSource without =
        TestFlavour.builder(database).capture(table, t -> t.exclude("ex*")).build();
    try (Reading reading = Reading.resume(without, before.position(), before.reader().epoch())) {
      assertThat(reading.read(1).get(0).newValue()).hasToString("{id=1, raw=" + text + "}");
    }
  }

  @Test
  void several_domains_each_keep_their_place() throws Exception {
    MySqlSource source = source();
    try (Reading reading = Reading.start(source)) {
      onOneConnection(
          "insert into orders values (1, 'x')",
          "set session gtid_domain_id = 7",
          "insert into orders values (2, 'x')",
          "set session gtid_domain_id = 0",
          "insert into orders values (3, 'x')");
      reading.read(3);
      database.execute("insert into orders values (4, 'x')");
      try (Reading again = Reading.resume(source, reading.position(), reading.reader().epoch())) {
        assertThat(again.read(1).get(0).id()).isEqualTo("4");
        assertThat(again.reader().epoch()).isEqualTo(reading.reader().epoch());
      }
    }
  }
}
