package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What a person is told when something is wrong: the thing, its value, and what to do. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresMessageTest {
  private static final String UPDATE = "\"!millrace_update\"";

  private final Database database = PostgresServer.shared().createDatabase("words");

  private PostgresSource item() {
    database.execute("create table item (id int primary key, v int)");
    return SourceFixture.install(database, "item");
  }

  @Test
  void each_missing_grant_is_named_with_its_statement() {
    item();
    List<List<String>> grants =
        List.of(
            List.of("change_log", "select"),
            List.of("change_log_id", "select"),
            List.of("registration", "select"),
            List.of("registration", "update"),
            List.of("reader", "select"),
            List.of("reader", "insert"),
            List.of("reader", "update"));
    Database user = database.createUser("u", "usage on schema millrace");
    for (List<String> grant : grants) {
      assertThat(text(as(user), "grant-missing"))
          .contains(user.user(), "millrace." + grant.get(0), "GRANT USAGE ON SCHEMA millrace TO");
      database.execute(
          "grant %s on millrace.%s to %s".formatted(grant.get(1), grant.get(0), user.user()));
      assertThat(as(user).preflight().toString())
          .doesNotContain(
              grant.get(1).toUpperCase(Locale.ROOT) + " on millrace." + grant.get(0) + ",");
    }
    assertThat(as(user).preflight()).noneMatch(f -> f.severity() == Finding.Severity.REFUSED);
    database.execute("revoke usage on schema millrace from " + user.user());
    assertThat(text(as(user), "grant-missing")).contains("USAGE on schema millrace");
  }

  @Test
  void a_user_who_may_not_write_heartbeats_is_warned_with_the_grant_and_not_refused() {
    item();
    Database user =
        database.createUser(
            "u",
            "usage on schema millrace",
            "select on millrace.change_log, millrace.change_log_id",
            "select, update on millrace.registration",
            "select, insert, update on millrace.reader");
    String beat = "function millrace.beat(text, bigint, bigint, text, bigint)";
    database.execute("grant execute on " + beat + " to " + user.user());
    assertThat(as(user).preflight()).extracting(Finding::code).doesNotContain("heartbeat-grant");
    database.execute("revoke execute on " + beat + " from public, " + user.user());
    assertThat(text(as(user), "heartbeat-grant"))
        .contains(user.user(), "progress only", "GRANT EXECUTE ON FUNCTION millrace.beat(");
    assertThat(as(user).preflight()).noneMatch(f -> f.severity() == Finding.Severity.REFUSED);
  }

  @Test
  void tables_that_cannot_be_captured_are_named_with_their_remedy() {
    database.execute(
        "create table bare (v int)",
        "create table late (id int primary key deferrable)",
        "create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "bare", "late", "item");
    assertThat(text(source, "no-primary-key"))
        .contains("public.bare", "no primary key", "ADD PRIMARY KEY");
    assertThat(text(source, "deferrable-key")).contains("public.late", "NOT DEFERRABLE");
    database.execute("alter table item disable trigger " + UPDATE);
    assertThat(text(source, "trigger-disabled"))
        .contains("!millrace_update on public.item", "tgenabled is 'D'", "install()");
    database.execute("drop trigger " + UPDATE + " on item");
    assertThat(text(source, "trigger-missing"))
        .contains("!millrace_update on public.item", "not logged", "install()");
  }

  @Test
  void a_column_renamed_or_dropped_while_reading_loses_no_change() throws Exception {
    PostgresSource source = item();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item values (1, 10)");
      assertThat(SourceFixture.read(reader, 1).get(0).newValue().toString()).contains("v=");
      database.execute("alter table item rename v to w", "insert into item values (2, 20)");
      ChangeEvent renamed = SourceFixture.read(reader, 1).get(0);
      assertThat(renamed.newValue().toString()).contains("w=").contains("20").doesNotContain("v=");
      database.execute("alter table item drop column w", "insert into item values (3)");
      assertThat(SourceFixture.read(reader, 1).get(0).newValue().toString()).doesNotContain("w=");
    }
  }

  @Test
  void a_wrong_password_names_the_user_and_needs_a_person() {
    assertRefused("jdbc:postgresql://%s:%s/%s", "28", "no_such_user");
  }

  @Test
  void a_server_that_offers_no_tls_is_not_spoken_to_where_tls_is_asked_for() {
    assertRefused("jdbc:postgresql://%s:%s/%s?sslmode=verify-full", "08", "SSL");
  }

  private void assertRefused(String url, String state, String words) {
    String full =
        url.formatted(database.server().host(), database.server().port(), database.name());
    DataSource dataSource = dataSource(full, "no_such_user", "not-this-one");
    PostgresSource source =
        PostgresSource.builder(dataSource).service("test").capture("public.item").build();
    assertThatThrownBy(source::preflight)
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("public.item")
        .hasMessageContaining(words)
        .hasMessageNotContaining("not-this-one")
        .matches(e -> ((SourceException) e).retryable() == state.equals("08"));
  }

  private static DataSource dataSource(String url, String user, String password) {
    return (DataSource)
        Proxy.newProxyInstance(
            PostgresMessageTest.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getConnection")) {
                return DriverManager.getConnection(url, user, password);
              }
              throw new UnsupportedOperationException(method.getName());
            });
  }

  @Test
  void a_registration_of_a_newer_format_is_refused_by_name() {
    PostgresSource source = item();
    database.execute("update millrace.registration set format = 99");
    assertThat(source.preflight().toString()).contains("99").contains("newer");
    // Nor does installing once more make an older log of it.
    assertThatThrownBy(() -> source.changeLog().install())
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("format 99")
        .hasMessageContaining("newer");
    assertThat(database.number("select format from millrace.registration")).isEqualTo(99);
  }

  @Test
  void a_transaction_left_prepared_is_named_where_it_wrote_the_log() throws Exception {
    PostgresSource source = item();
    database.execute("create table other (id int primary key)");
    for (String table : List.of("item", "other")) {
      try (Connection connection = database.connect()) {
        connection.setAutoCommit(false);
        connection.createStatement().execute("insert into " + table + " values (1)");
        connection
            .createStatement()
            .execute("prepare transaction 'it''s %s of %s'".formatted(table, database.name()));
        connection.commit();
      }
    }
    try (Connection connection = database.connect()) {
      List<Finding> findings = PreparedTransactions.older(connection, Duration.ZERO);
      assertThat(findings).extracting(Finding::code).containsExactly("prepared-transaction");
      assertThat(findings.toString())
          .contains("COMMIT PREPARED 'it''s item of " + database.name() + "'", database.user());
      assertThat(PreparedTransactions.older(connection, Duration.ofHours(1))).isEmpty();
      assertThat(source.preflight()).isEmpty();
      try (SourceReader reader = SourceFixture.openNow(source)) {
        database.execute("insert into item values (2, 1)");
        assertThat(SourceFixture.read(reader, 1)).extracting(ChangeEvent::id).containsExactly("2");
        database.execute("commit prepared 'it''s item of " + database.name() + "'");
        assertThat(SourceFixture.read(reader, 1)).extracting(ChangeEvent::id).containsExactly("1");
      }
      assertThat(PreparedTransactions.older(connection, Duration.ZERO)).isEmpty();
    }
    database.execute("rollback prepared 'it''s other of " + database.name() + "'");
  }

  @Test
  void hostile_names_are_captured_as_they_are() throws Exception {
    String longest = "x".repeat(63);
    database.execute(
        "create schema \"s\"\"c\"",
        "create table \"s\"\"c\".\"a`\"\"b'\" (\"i\"\"d\" int primary key, \"v'\\\" int)",
        "create table public." + longest + " (" + longest + " int primary key)");
    PostgresSource source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture("s\"c.a`\"b'")
            .capture("public." + longest)
            .build();
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into \"s\"\"c\".\"a`\"\"b'\" values (1, 2)",
          "insert into " + longest + " values (3)");
      List<ChangeEvent> events = SourceFixture.read(reader, 2);
      assertThat(events.get(0).newValue().toString()).contains("i\"d", "v'\\");
      assertThat(events.get(1).newValue().toString()).contains(longest);
    }
  }

  @Test
  void names_are_captured_in_a_database_of_another_encoding_than_utf8() throws Exception {
    String name = database.name() + "_latin1";
    PostgresServer.shared()
        .admin()
        .execute("create database " + name + " template template0 encoding 'LATIN1' locale 'C'");
    Database latin = PostgresServer.shared().database(name);
    latin.execute("create table \"größe\" (\"schlüssel\" int primary key, wert text)");
    PostgresSource source = SourceFixture.install(latin, "größe");
    assertThat(source.preflight()).isEmpty();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      latin.execute("insert into \"größe\" values (1, 'übergroß')");
      ChangeEvent event = SourceFixture.read(reader, 1).get(0);
      assertThat(event.entity()).endsWith("größe");
      assertThat(event.newValue().toString()).contains("schlüssel", "übergroß");
    }
    latin.drop();
  }

  @Test
  void every_mistake_of_a_configuration_is_in_one_message() {
    assertThatThrownBy(
            () ->
                PostgresSource.builder(database.dataSource())
                    .capture("public.a", t -> t.columns("x").exclude("x"))
                    .capture("public.a")
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no service is named")
        .hasMessageContaining("captured twice")
        .hasMessageContaining("named twice")
        .hasMessageContaining("both chosen and excluded");
  }

  private PostgresSource as(Database user) {
    return PostgresSource.builder(user.dataSource()).service("test").capture("public.item").build();
  }

  private static String text(PostgresSource source, String code) {
    List<Finding> findings = source.preflight();
    assertThat(findings).extracting(Finding::code).contains(code);
    return findings.stream().filter(f -> f.code().equals(code)).toList().toString();
  }
}
