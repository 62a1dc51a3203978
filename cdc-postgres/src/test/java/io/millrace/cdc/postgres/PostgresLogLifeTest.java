package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What becomes of a position when the log, its server or its tables change. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresLogLifeTest {
  private record Read(Position position, long epoch) {}

  @Test
  void a_restart_of_the_server_raises_the_epoch_and_loses_nothing() throws Exception {
    try (PostgresServer server = PostgresServer.startDedicated()) {
      Database database = server.createDatabase("life");
      PostgresSource source = installItem(database);
      Read before = readSome(database, source);
      database.execute("insert into item values (100, 1)");
      server.kill();
      server.start();
      database.execute("insert into item values (101, 1)");
      try (SourceReader reader = SourceFixture.resume(source, before.position(), before.epoch())) {
        assertThat(reader.epoch()).isGreaterThan(before.epoch());
        List<ChangeEvent> events = SourceFixture.read(reader, 2);
        assertThat(events).extracting(ChangeEvent::id).containsExactly("100", "101");
        assertThat(events.get(0).version().epoch()).isEqualTo(reader.epoch());
        assertThat(database.number("select epoch from millrace.registration"))
            .isEqualTo(reader.epoch());
      }
    }
  }

  @Test
  void to_install_once_more_waits_for_no_writer_and_lets_none_wait() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    try (Connection open = database.connect()) {
      open.setAutoCommit(false);
      open.createStatement().execute("insert into item values (1, 1)");
      // Another session's default, so that waiting for the transaction that is open fails.
      database.execute("alter database " + database.name() + " set lock_timeout = '1s'");
      source.changeLog().install();
      open.createStatement().execute("insert into item values (2, 1)");
      open.commit();
    }
    database.drop();
  }

  @Test
  void a_log_whose_last_row_read_is_gone_or_another_is_not_read_on() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    Read before = readSome(database, source);
    database.execute(
        "update millrace.change_log set new = '{\"id\":1,\"v\":7}' where id = (select max(id) from millrace.change_log)");
    assertThatThrownBy(() -> SourceFixture.resume(source, before.position(), before.epoch()))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("is now");
    database.execute("delete from millrace.change_log");
    assertThatThrownBy(() -> SourceFixture.resume(source, before.position(), before.epoch()))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("is gone");
    source.changeLog().uninstall();
    assertThat(database.number("select count(*) from pg_namespace where nspname = 'millrace'"))
        .isZero();
    assertThatThrownBy(() -> SourceFixture.resume(source, before.position(), before.epoch()))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("install()");
    source.changeLog().install();
    assertThatThrownBy(() -> SourceFixture.resume(source, before.position(), before.epoch()))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("holds the log");
    database.drop();
  }

  @Test
  void a_position_store_that_was_lost_is_not_a_first_start() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    readSome(database, source);
    assertThatThrownBy(
            () -> source.open(new ReaderStart("test", Optional.empty(), 0, FirstStart.NOW)))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("ran before");
    database.drop();
  }

  @Test
  void a_database_restored_elsewhere_is_read_on_and_its_own_transactions_too() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    Read before = readSome(database, source);
    database.execute("insert into item values (100, 1)");
    Database copy = PostgresServer.shared().database(database.name() + "_copy");
    PostgresServer.shared()
        .admin()
        .execute("create database " + copy.name() + " template " + database.name());
    copy.execute("insert into item values (101, 1)");
    PostgresSource there = source(copy);
    try (SourceReader reader = SourceFixture.resume(there, before.position(), before.epoch())) {
      assertThat(reader.epoch()).isGreaterThan(before.epoch());
      assertThat(SourceFixture.read(reader, 2))
          .extracting(ChangeEvent::id)
          .containsExactly("100", "101");
      copy.execute("insert into item values (102, 1)");
      SourceBatch last = reader.poll(10, Duration.ofSeconds(5));
      assertThat(last.events()).extracting(ChangeEvent::id).containsExactly("102");
      copy.execute("insert into item values (103, 1)");
      try (SourceReader again = SourceFixture.resume(there, last.position(), reader.epoch())) {
        assertThat(again.epoch()).isEqualTo(reader.epoch());
        assertThat(SourceFixture.read(again, 1)).extracting(ChangeEvent::id).containsExactly("103");
      }
    }
    try (SourceReader oldest =
        there.open(new ReaderStart("other", Optional.empty(), 0, FirstStart.OLDEST))) {
      assertThat(SourceFixture.read(oldest, 9))
          .extracting(ChangeEvent::id)
          .endsWith("100", "101", "102", "103");
    }
    copy.drop();
    database.drop();
  }

  @Test
  void triggers_and_tables_that_go_are_noticed_while_reading() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    for (String harm :
        List.of(
            "alter table item disable trigger \"!millrace_update\"",
            "drop trigger \"!millrace_row\" on item",
            "alter table item rename to thing")) {
      try (SourceReader reader = SourceFixture.openNow(source)) {
        database.execute(harm);
        assertThatThrownBy(() -> pollFor(reader, Duration.ofSeconds(15)))
            .as(harm)
            .isInstanceOf(SourceException.class)
            .hasMessageContaining("public.item")
            .extracting(e -> ((SourceException) e).retryable())
            .isEqualTo(false);
      }
      if (!harm.contains("rename")) {
        source.changeLog().install();
      }
    }
    database.drop();
  }

  @Test
  void a_primary_key_that_goes_or_is_another_is_noticed_while_reading() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    for (String code : List.of("no-primary-key", "trigger-version")) {
      try (SourceReader reader = SourceFixture.openNow(source)) {
        database.execute(
            code.startsWith("no")
                ? "alter table item drop constraint item_pkey"
                : "alter table item drop constraint item_pkey, add primary key (v)");
        assertThatThrownBy(() -> pollFor(reader, Duration.ofSeconds(15)))
            .isInstanceOf(SourceException.class)
            .hasMessageContaining(code);
      }
      if (code.startsWith("no")) {
        database.execute("alter table item add primary key (id)");
      }
      source.changeLog().install();
    }
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item values (1, 7)");
      assertThat(SourceFixture.read(reader, 1)).extracting(ChangeEvent::id).containsExactly("7");
    }
    database.drop();
  }

  @Test
  void a_sequence_that_sessions_keep_ids_of_is_refused_while_reading_too() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("alter sequence millrace.change_log_id cache 20");
      assertThatThrownBy(() -> pollFor(reader, Duration.ofSeconds(15)))
          .isInstanceOf(SourceException.class)
          .hasMessageContaining("CACHE 20");
    }
    assertThat(codes(source)).containsExactly("log-sequence");
    source.changeLog().install();
    assertThat(codes(source)).isEmpty();
    database.drop();
  }

  @Test
  void triggers_that_were_off_within_one_transaction_are_told() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    PostgresSource source = installItem(database);
    PrintStream errors = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (SourceReader reader = SourceFixture.openNow(source);
        Connection connection = database.connect()) {
      System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
      connection.setAutoCommit(false);
      String trigger = "trigger \"!millrace_row\"";
      connection.createStatement().execute("alter table item disable " + trigger);
      connection.createStatement().execute("insert into item values (1, 1)");
      connection.createStatement().execute("alter table item enable always " + trigger);
      connection.commit();
      long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
      while (!log.toString(StandardCharsets.UTF_8).contains("may be missing in the log")
          && System.nanoTime() < deadline) {
        reader.poll(10, Duration.ofMillis(100));
      }
    } finally {
      System.setErr(errors);
    }
    assertThat(log.toString(StandardCharsets.UTF_8)).contains("may be missing in the log");
    database.drop();
  }

  private static void pollFor(SourceReader reader, Duration time) throws InterruptedException {
    long deadline = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < deadline) {
      reader.poll(10, Duration.ofMillis(100));
    }
  }

  @Test
  void preflight_names_what_is_wrong_and_install_mends_it() {
    Database database = PostgresServer.shared().createDatabase("life");
    database.execute(
        "create table item (id int primary key, v int)",
        "create table bare (v int)",
        "create table late (id int primary key deferrable)",
        "create unlogged table brief (id int primary key)",
        "create function f() returns trigger language plpgsql as 'begin return null; end'");
    PostgresSource source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture("public.item")
            .capture("public.bare")
            .capture("public.late")
            .capture("public.brief")
            .build();
    assertThat(codes(source)).containsExactly("not-installed");
    source.changeLog().install();
    assertThat(codes(source))
        .containsExactlyInAnyOrder("no-primary-key", "deferrable-key", "table-unlogged");
    database.execute(
        "create trigger \" a\" after update on item for each row execute function f()");
    assertThat(codes(source)).contains("trigger-order");
    database.execute(
        "drop trigger \" a\" on item", "alter table item disable trigger \"!millrace_row\"");
    assertThat(codes(source)).contains("trigger-disabled");
    database.execute("alter table item rename to thing");
    assertThat(codes(source)).contains("table-missing");
    database.execute("alter table thing rename to item");
    source.changeLog().install();
    assertThat(codes(source(database))).isEmpty();
    Database stranger = database.createUser("stranger", "select on item");
    assertThat(codes(source(stranger))).containsOnly("grant-missing");
    // The application needs no right on the log.
    database.execute("grant insert on item to " + stranger.user());
    stranger.execute("insert into item values (1, 1)");
    assertThat(
            codes(
                PostgresSource.builder(database.dataSource())
                    .service("else")
                    .capture("public.item")
                    .build()))
        .containsExactly("other-service");
    database.drop();
  }

  @Test
  void a_name_that_is_no_columns_is_refused_with_the_tables_columns() {
    Database database = PostgresServer.shared().createDatabase("life");
    database.execute("create table item (id int primary key, secret text, \"Mixed\" text)");
    PostgresSource right =
        item(
            database,
            t ->
                t.exclude("secret")
                    .ignoreWhenAlone("Mixed")
                    .rename("Mixed", "mixed")
                    .columns("id"));
    right.changeLog().install();
    assertThat(codes(right)).isEmpty();
    PostgresSource wrong =
        item(
            database,
            t ->
                t.exclude("secrets")
                    .columns("id", "number")
                    .ignoreWhenAlone("mixed")
                    .rename("mixed", "m"));
    wrong.changeLog().install();
    List<Finding> findings = wrong.preflight();
    assertThat(findings)
        .extracting(Finding::message)
        .containsExactly(
            "columns(…) of public.item names what is no column that its trigger sees: number.",
            "exclude(…) of public.item names what is no column that its trigger sees: secrets.",
            "ignoreWhenAlone(…) of public.item names what is no column that its trigger sees: mixed.",
            "rename(…) of public.item names what is no column that its trigger sees: mixed.");
    assertThat(findings)
        .allSatisfy(finding -> assertThat(finding.severity()).isEqualTo(Finding.Severity.REFUSED))
        .allSatisfy(finding -> assertThat(finding.remedy()).contains("id, secret, Mixed"));
    assertThatThrownBy(() -> SourceFixture.openNow(wrong))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("secrets");
    database.drop();
  }

  private static PostgresSource item(Database database, Consumer<TableOptions> options) {
    return PostgresSource.builder(database.dataSource())
        .service("test")
        .capture("public.item", options)
        .build();
  }

  @Test
  void an_update_of_ignored_columns_alone_is_not_even_logged() throws Exception {
    Database database = PostgresServer.shared().createDatabase("life");
    database.execute(
        "create table item (id int primary key, v int, j json, updated_at timestamptz)");
    PostgresSource source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture(
                "public.item", t -> t.entity("thing").ignoreWhenAlone("updated_at").exclude("j"))
            .build();
    source.changeLog().install();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into item values (1, 1, '{}', now())",
          "update item set updated_at = clock_timestamp()",
          "update item set v = 1",
          "update item set j = '[]'",
          "update item set v = 2, updated_at = clock_timestamp()");
      List<ChangeEvent> events = SourceFixture.read(reader, 2);
      assertThat(events.get(1).changedFields()).containsExactly("v", "updated_at");
      assertThat(events.get(1).entity()).isEqualTo("thing");
      assertThat(events.get(1).newValue().has("j")).isFalse();
      assertThat(database.number("select count(*) from millrace.change_log")).isEqualTo(3);
    }
    database.drop();
  }

  private static List<String> codes(PostgresSource source) {
    return source.preflight().stream().map(Finding::code).toList();
  }

  private static PostgresSource installItem(Database database) {
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = source(database);
    source.changeLog().install();
    source.changeLog().install();
    return source;
  }

  private static PostgresSource source(Database database) {
    return PostgresSource.builder(database.dataSource())
        .service("test")
        .capture("public.item")
        .build();
  }

  private static Read readSome(Database database, PostgresSource source) throws Exception {
    try (SourceReader reader = SourceFixture.openNow(source)) {
      for (int i = 1; i <= 5; i++) {
        database.execute("insert into item values (" + i + ", 0)");
      }
      Position position = reader.position();
      int count = 0;
      while (count < 5) {
        SourceBatch batch = reader.poll(100, Duration.ofMillis(100));
        count += batch.events().size();
        position = batch.position() == null ? position : batch.position();
      }
      return new Read(position, reader.epoch());
    }
  }
}
