package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * Partitioned tables are one entity, whatever becomes of their partitions; children are their own.
 */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresPartitionTest {
  private final Database database = PostgresServer.shared().createDatabase("partition");

  @AfterEach
  void drop() {
    database.drop();
  }

  /**
   * Two levels, keys that hold the partition keys, a partition with its columns in another order.
   */
  private PostgresSource install(boolean comeAndGo) {
    database.execute(
        "create table sale (region text, year int, id int, v text, primary key (region, year, id)) partition by list (region)",
        "create table sale_eu partition of sale for values in ('eu') partition by range (year)",
        "create table sale_eu_25 partition of sale_eu for values from (2025) to (2026)",
        "create table sale_us (v text, id int not null, gone int, year int not null, region text not null)",
        "alter table sale_us drop column gone",
        "alter table sale attach partition sale_us for values in ('us')");
    PostgresSource source = source(comeAndGo);
    source.changeLog().install();
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    return source;
  }

  private PostgresSource source(boolean comeAndGo) {
    return PostgresSource.builder(database.dataSource())
        .service("test")
        .capture("public.sale", comeAndGo ? TableOptions::partitionsComeAndGo : options -> {})
        .build();
  }

  private static List<String> text(List<ChangeEvent> events) {
    return events.stream().map(event -> event.type() + " " + event.id()).toList();
  }

  @Test
  void every_way_of_writing_any_partition_is_logged_as_the_tables() throws Exception {
    PostgresSource source = install(false);
    try (SourceReader reader = SourceFixture.openNow(source);
        Connection connection = database.connect()) {
      database.execute(
          "create table sale_eu_26 partition of sale_eu for values from (2026) to (2027)");
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn(
              "copy sale from stdin",
              new StringReader("eu\t2025\t1\ta\nus\t2025\t2\tb\neu\t2026\t3\tc\n"));
      database.execute(
          "update sale set v = 'x' where id = 2",
          "insert into sale_us (v, id, year, region) values ('d', 4, 2025, 'us')",
          "set session_replication_role = replica; update sale_eu_26 set v = 'y'; reset session_replication_role",
          "delete from sale_eu where id = 1");
      List<ChangeEvent> events = SourceFixture.read(reader, 7);
      assertThat(text(events))
          .containsExactly(
              "CREATED eu,2025,1",
              "CREATED us,2025,2",
              "CREATED eu,2026,3",
              "UPDATED us,2025,2",
              "CREATED us,2025,4",
              "UPDATED eu,2026,3",
              "DELETED eu,2025,1");
      assertThat(events).extracting(ChangeEvent::entity).containsOnly("sale");
      assertThat(events.get(3).changedFields()).containsExactly("v");
      assertThat(events.get(4).newValue().get("region")).isEqualTo(Value.of("us"));
    }
  }

  @Test
  void a_row_that_moves_to_another_partition_has_another_key() throws Exception {
    PostgresSource source = install(false);
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into sale values ('eu', 2025, 1, 'a')",
          "update sale set region = 'us', v = 'b' where id = 1",
          "update sale set id = 2 where id = 1");
      List<ChangeEvent> events = SourceFixture.read(reader, 5);
      assertThat(text(events))
          .containsExactly(
              "CREATED eu,2025,1",
              "DELETED eu,2025,1",
              "CREATED us,2025,1",
              "DELETED us,2025,1",
              "CREATED us,2025,2");
      assertThat(events.get(1).oldValue().get("v")).isEqualTo(Value.of("a"));
      assertThat(events.get(2).newValue().get("v")).isEqualTo(Value.of("b"));
    }
  }

  @Test
  void truncate_of_the_table_is_one_event_and_of_one_partition_deletes_its_rows() throws Exception {
    PostgresSource source = install(false);
    database.execute(
        "insert into sale values ('eu', 2025, 1, 'a'), ('us', 2025, 2, 'b'), ('us', 2026, 3, 'c')");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "truncate sale_us",
          "insert into sale values ('us', 2025, 4, 'd')",
          "begin; truncate sale; insert into sale values ('eu', 2025, 5, 'e'); truncate sale_eu; commit");
      assertThat(text(SourceFixture.read(reader, 6)))
          .containsExactly(
              "DELETED us,2025,2",
              "DELETED us,2026,3",
              "CREATED us,2025,4",
              "TRUNCATED ",
              "CREATED eu,2025,5",
              "DELETED eu,2025,5");
    }
  }

  @Test
  void an_empty_partition_comes_while_it_is_read_and_gets_its_own_trigger() throws Exception {
    PostgresSource source = install(false);
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "create table sale_asia (like sale including all)",
          "alter table sale attach partition sale_asia for values in ('asia')",
          "insert into sale values ('asia', 2025, 1, 'a')",
          "create table sale_eu_26 partition of sale_eu for values from (2026) to (2027)",
          "insert into sale values ('eu', 2026, 2, 'b')");
      List<ChangeEvent> events = new ArrayList<>();
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (truncateTriggers() < 5 && System.nanoTime() < deadline) {
        events.addAll(reader.poll(100, Duration.ofMillis(100)).events());
      }
      assertThat(truncateTriggers()).isEqualTo(5);
      database.execute("truncate sale_asia", "truncate sale_eu_26");
      events.addAll(SourceFixture.events(SourceFixture.drain(reader)));
      assertThat(text(events))
          .containsExactly(
              "CREATED asia,2025,1",
              "CREATED eu,2026,2",
              "DELETED asia,2025,1",
              "DELETED eu,2026,2");
    }
    assertThat(source.preflight()).isEmpty();
    source.changeLog().uninstall();
    assertThat(database.number("select count(*) from pg_trigger where not tgisinternal")).isZero();
  }

  private long truncateTriggers() {
    return database.number("select count(*) from pg_trigger where tgname = '!millrace_truncate'");
  }

  @Test
  void partitions_that_bring_or_take_rows_stop_the_reader_until_somebody_decides()
      throws Exception {
    PostgresSource source = install(false);
    for (String[] harm :
        new String[][] {
          {
            "create table sale_asia (like sale including all);"
                + " insert into sale_asia values ('asia', 2025, 1, 'a');"
                + " alter table sale attach partition sale_asia for values in ('asia')",
            "sale_asia of public.sale was attached with rows"
          },
          {
            "begin; create table sale_uk (like sale including all);"
                + " insert into sale_uk values ('uk', 2025, 1, 'a');"
                + " alter table sale attach partition sale_uk for values in ('uk'); commit",
            "sale_uk of public.sale was attached with rows"
          },
          {"alter table sale detach partition sale_us", "sale_us of public.sale was detached"},
          {"drop table sale_eu_25", "sale_eu_25 of public.sale was detached or dropped"}
        }) {
      try (SourceReader reader = SourceFixture.openNow(source)) {
        database.execute(harm[0]);
        assertThatThrownBy(() -> pollOn(reader))
            .as(harm[0])
            .isInstanceOf(SourceException.class)
            .hasMessageContaining(harm[1])
            .hasMessageContaining("install()");
      }
      // It stays so, also for who starts again, until install() or the option takes it as it is.
      assertThatThrownBy(() -> SourceFixture.openNow(source)).hasMessageContaining(harm[1]);
      source.changeLog().install();
    }
    // A detached partition is no part of the table any more.
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into sale_us (v, id, year, region) values ('d', 4, 2025, 'us')",
          "truncate sale_us");
      assertThat(SourceFixture.events(SourceFixture.drain(reader))).isEmpty();
    }
  }

  private static void pollOn(SourceReader reader) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (System.nanoTime() < deadline) {
      reader.poll(10, Duration.ofMillis(100));
    }
  }

  @Test
  void partitions_may_come_and_go_where_that_is_said() throws Exception {
    PostgresSource source = install(true);
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("alter table sale detach partition sale_us", "drop table sale_eu_25");
      reader.poll(10, Duration.ofSeconds(4));
      database.execute(
          "create table sale_eu_26 partition of sale_eu for values from (2026) to (2027)",
          "insert into sale values ('eu', 2026, 1, 'a')");
      assertThat(text(SourceFixture.read(reader, 1))).containsExactly("CREATED eu,2026,1");
    }
    try (SourceReader again = SourceFixture.openNow(source)) {
      assertThat(again.poll(10, Duration.ofMillis(10)).events()).isEmpty();
    }
  }

  @Test
  void a_trigger_that_is_disabled_on_one_partition_is_noticed() throws Exception {
    PostgresSource source = install(false);
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("alter table sale_us disable trigger \"!millrace_update\"");
      assertThatThrownBy(() -> pollOn(reader))
          .isInstanceOf(SourceException.class)
          .hasMessageContaining("!millrace_update on public.sale_us is not ENABLE ALWAYS");
    }
    database.execute(
        "create function f() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger \" a\" after update on sale_eu_25 for each row execute function f()");
    assertThat(codes(source)).containsExactlyInAnyOrder("trigger-disabled", "trigger-order");
    database.execute("drop trigger \" a\" on sale_eu_25");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
  }

  @Test
  void what_cannot_be_right_is_refused_by_name() {
    install(false);
    database.execute(
        "create table parent (id int primary key)",
        "create table child (primary key (id)) inherits (parent)",
        "create table grandchild (primary key (id)) inherits (child)");
    assertThat(codes(capture("sale", "sale_us"))).contains("partition-captured-twice");
    PostgresSource parents = capture("parent", "child");
    parents.changeLog().install();
    assertThat(parents.preflight())
        .extracting(finding -> finding.code() + " " + finding.message())
        .singleElement()
        .asString()
        .contains("inheritance-children public.child has children", "public.grandchild");
    PostgresSource all = capture("parent", "child", "grandchild");
    all.changeLog().install();
    assertThat(all.preflight()).isEmpty();
    Database stranger =
        database.createUser("stranger", "usage on schema public", "usage on schema millrace");
    database.execute(
        "grant select on millrace.change_log, millrace.change_log_id to " + stranger.user(),
        "grant select, update on millrace.registration to " + stranger.user(),
        "grant select, insert, update on millrace.reader to " + stranger.user());
    assertThat(
            PostgresSource.builder(stranger.dataSource())
                .service("test")
                .capture("public.sale")
                .build()
                .preflight())
        .filteredOn(finding -> finding.severity() == Finding.Severity.REFUSED)
        .extracting(Finding::remedy)
        .containsExactly(
            "GRANT EXECUTE ON FUNCTION millrace.adopt(text, text, boolean) TO \""
                + stranger.user()
                + "\"");
  }

  @Test
  void rows_of_captured_children_come_as_the_childs() throws Exception {
    database.execute(
        "create table parent (id int primary key, v int)",
        "create table child (extra int, primary key (id)) inherits (parent)");
    PostgresSource source = SourceFixture.install(database, "parent", "child");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into parent values (1, 1)",
          "insert into child values (2, 1, 7)",
          "update parent set v = 2",
          "truncate parent");
      assertThat(SourceFixture.read(reader, 6))
          .extracting(event -> event.type() + " " + event.entity() + " " + event.id())
          .containsExactly(
              "CREATED parent 1",
              "CREATED child 2",
              "UPDATED parent 1",
              "UPDATED child 2",
              "TRUNCATED parent ",
              "TRUNCATED child ");
    }
  }

  @Test
  void a_partition_can_be_captured_alone() throws Exception {
    database.execute(
        "create table sale (region text, id int, primary key (region, id)) partition by list (region)",
        "create table sale_us partition of sale for values in ('us')",
        "create table sale_eu partition of sale for values in ('eu')");
    PostgresSource source = SourceFixture.install(database, "sale_us");
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into sale values ('us', 1), ('eu', 1)",
          "update sale set region = 'us', id = 2 where region = 'eu'",
          "truncate sale");
      assertThat(text(SourceFixture.read(reader, 3)))
          .containsExactly("CREATED us,1", "CREATED us,2", "TRUNCATED ");
    }
    // Then as part of the whole.
    PostgresSource whole = SourceFixture.install(database, "sale");
    assertThat(whole.preflight()).isEmpty();
  }

  private PostgresSource capture(String... tables) {
    PostgresSource.Builder builder = PostgresSource.builder(database.dataSource()).service("test");
    for (String table : tables) {
      builder.capture("public." + table);
    }
    return builder.build();
  }

  private static List<String> codes(PostgresSource source) {
    return source.preflight().stream().map(Finding::code).toList();
  }

  @Test
  void writers_and_new_partitions_do_not_wait_for_each_other_for_long() throws Exception {
    PostgresSource source = install(false);
    try (SourceReader reader = SourceFixture.openNow(source);
        Connection writer = database.connect();
        Statement statement = writer.createStatement()) {
      database.execute("create table sale_asia partition of sale for values in ('asia')");
      writer.setAutoCommit(false);
      statement.execute("insert into sale values ('asia', 2025, 1, 'a')");
      reader.poll(10, Duration.ofSeconds(5));
      assertThat(truncateTriggers()).isEqualTo(3);
      writer.commit();
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (truncateTriggers() < 4 && System.nanoTime() < deadline) {
        reader.poll(10, Duration.ofMillis(100));
      }
      assertThat(truncateTriggers()).isEqualTo(4);
    }
  }
}
