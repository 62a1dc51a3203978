package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a person is told when something is wrong: the thing, its value, and what to do. */
abstract class MessageContract {
  final TestFlavour flavour;
  Database database;

  MessageContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeDatabase() {
    database = flavour.shared().createDatabase("words");
    database.execute("create table orders (id int primary key, note varchar(40))");
  }

  @Test
  void two_readers_with_one_server_id_are_told_of_each_other() throws Exception {
    MySqlSource source = source(database, b -> b.serverId(4_000_001L));
    try (Reading first = Reading.start(source)) {
      database.execute("insert into orders values (1, 'a')");
      assertThat(first.read(1)).hasSize(1);
      try (Reading second = Reading.start(source)) {
        SourceException evicted = failure(first);
        assertThat(evicted).hasMessageContaining("4000001").hasMessageContaining("serverId(");
        assertThat(evicted.retryable()).isTrue();
        database.execute("insert into orders values (2, 'b')");
        assertThat(second.read(1)).hasSize(1);
      }
    }
  }

  @Test
  void the_servers_own_id_is_refused_and_another_one_is_not() {
    long own = database.number("select @@global.server_id");
    assertThat(text(source(database, b -> b.serverId(own)), "server-id"))
        .contains("serverId " + own, "the server itself", "Give another one");
    assertThat(refused(source(database, b -> b.serverId(own + 4_000_000_000L)))).isEmpty();
  }

  @Test
  void settings_that_lose_changes_are_named_with_their_value_and_statement() {
    try (SqlServer server = flavour.dedicated(ServerOptions.defaults())) {
      Database own = server.createDatabase("words");
      own.execute("create table orders (id int primary key, note varchar(40))");
      MySqlSource source = source(own, b -> b);
      assertThat(refused(source)).isEmpty();
      setting(own, source, "binlog_format", "STATEMENT", "ROW", "binlog-format");
      setting(own, source, "binlog_format", "MIXED", "ROW", "binlog-format");
      setting(own, source, "binlog_row_image", "MINIMAL", "FULL", "binlog-row-image");
      setting(own, source, "binlog_row_image", "NOBLOB", "FULL", "binlog-row-image");
      setting(own, source, "binlog_row_metadata", "MINIMAL", "FULL", "binlog-row-metadata");
      if (flavour.isMySql()) {
        // A server goes step by step.
        own.execute("set global gtid_mode = on_permissive");
        assertThat(text(source, "gtid-mode"))
            .contains("gtid_mode is 'ON_PERMISSIVE'", "SET GLOBAL gtid_mode='ON'");
        own.execute("set global gtid_mode = on");
      }
      assertThat(refused(source)).isEmpty();
    }
  }

  private static void setting(
      Database own, MySqlSource source, String name, String bad, String good, String code) {
    own.execute("set global " + name + " = '" + bad + "'");
    assertThat(text(source, code))
        .contains(name + " is '" + bad + "'", "SET GLOBAL " + name + "='" + good + "'");
    own.execute("set global " + name + " = '" + good + "'");
  }

  @Test
  void a_server_without_a_binary_log_is_refused() {
    try (SqlServer server =
        flavour.dedicated(ServerOptions.defaults().with("skip-log-bin", "true"))) {
      Database own = server.createDatabase("words");
      own.execute("create table orders (id int primary key)");
      MySqlSource source = source(own, b -> b);
      assertThat(text(source, "binlog-off")).contains("no binary log", "--log-bin");
    }
  }

  @Test
  void a_filter_that_hides_the_captured_database_is_refused() {
    try (SqlServer server =
        flavour.dedicated(ServerOptions.defaults().with("binlog-ignore-db", "words_1"))) {
      Database own = server.createDatabase("words");
      assertThat(own.name()).isEqualTo("words_1");
      own.execute("create table orders (id int primary key)");
      Database other = server.createDatabase("words");
      other.execute("create table orders (id int primary key)");
      assertThat(text(source(own, b -> b), "binlog-filter"))
          .contains("'words_1'", "binlog_ignore_db", "restart");
      assertThat(refused(source(other, b -> b))).isEmpty();
    }
  }

  @Test
  void each_missing_grant_is_named_with_its_statement() {
    source(database, b -> b);
    String replicate = "replication slave";
    String watch = flavour == TestFlavour.MARIADB ? "binlog monitor" : "replication client";
    String all = "all on " + database.name() + ".*";
    assertThat(
            text(as(database.createUser("u", all, watch + " on *.*")), "grant-replication-slave"))
        .contains("REPLICATION SLAVE", "GRANT REPLICATION SLAVE ON *.* TO");
    assertThat(
            text(
                as(database.createUser("u", all, replicate + " on *.*")),
                "grant-replication-client"))
        .contains(watch.toUpperCase(java.util.Locale.ROOT), "GRANT ");
    Database blind =
        database.createUser(
            "u",
            replicate + " on *.*",
            watch + " on *.*",
            "all on " + database.name() + ".millrace_registration");
    assertThat(text(as(blind), "table-missing"))
        .contains(database.name() + ".orders", "does not exist or may not be seen", "GRANT SELECT");
    assertThat(refused(as(database.createUser("u", all, replicate + " on *.*", watch + " on *.*"))))
        .isEmpty();
  }

  @Test
  void a_user_who_may_not_write_heartbeats_is_warned_with_the_grant_and_not_refused() {
    source(database, b -> b);
    String watch = flavour == TestFlavour.MARIADB ? "binlog monitor" : "replication client";
    Database user =
        database.createUser(
            "u",
            "replication slave, " + watch + " on *.*",
            "select on " + database.name() + ".orders",
            "all on " + database.name() + ".millrace_registration",
            "select on " + database.name() + ".millrace_heartbeat");
    assertThat(text(as(user), "heartbeat-grant"))
        .contains("may not write", "millrace_heartbeat", "GRANT SELECT, INSERT, UPDATE, DELETE ON");
    assertThat(refused(as(user))).isEmpty();
    database.execute(
        "grant insert, update, delete on millrace_heartbeat to '" + user.user() + "'@'%'");
    assertThat(as(user).preflight()).extracting(Finding::code).doesNotContain("heartbeat-grant");
    database.execute("drop table millrace_heartbeat");
    assertThat(text(as(user), "heartbeat-missing")).contains("registration().install()");
  }

  @Test
  void a_user_with_select_alone_is_told_of_cascades_and_not_of_a_missing_key() {
    source(database, b -> b);
    database.execute(
        "create table line (id int primary key, o int, constraint fk_o foreign key (o)"
            + " references orders (id) on delete cascade)");
    String watch = flavour == TestFlavour.MARIADB ? "binlog monitor" : "replication client";
    Database user =
        database.createUser(
            "u",
            "replication slave, " + watch + " on *.*",
            "select on " + database.name() + ".*",
            "all on " + database.name() + ".millrace_registration");
    List<Finding> findings =
        TestFlavour.builder(user).capture(database.name() + ".line").build().preflight();
    assertThat(findings).extracting(Finding::code).doesNotContain("primary-key");
    if (flavour == TestFlavour.MARIADB) {
      assertThat(
              text(
                  TestFlavour.builder(user).capture(database.name() + ".line").build(),
                  "foreign-key-cascade"))
          .contains("fk_o", "ON DELETE CASCADE");
    }
  }

  private MySqlSource as(Database user) {
    return TestFlavour.builder(user).capture(database.name() + ".orders").build();
  }

  @Test
  void a_column_dropped_or_renamed_while_reading_leaves_the_events_with_what_is_there()
      throws Exception {
    try (Reading reading = Reading.start(source(database, b -> b))) {
      database.execute("insert into orders values (1, 'a')");
      var before = reading.read(1).get(0);
      database.execute(
          "alter table orders rename column note to remark", "insert into orders values (2, 'b')");
      var renamed = reading.read(1).get(0);
      assertThat(renamed.newValue().toString()).contains("remark").doesNotContain("note");
      assertThat(renamed.schema()).isNotEqualTo(before.schema());
      database.execute("alter table orders drop column remark", "insert into orders values (3)");
      assertThat(reading.read(1).get(0).newValue().toString()).doesNotContain("remark");
    }
  }

  @Test
  void a_wrong_password_names_user_and_server_and_needs_a_person() {
    source(database, b -> b);
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(database.name() + ".orders")
            .user(database.createUser("reader", "replication slave on *.*").user())
            .password(Secret.of("wrong"))
            .build();
    assertThatThrownBy(
            () -> {
              try (Reading reading = Reading.start(source)) {
                reading.read(1);
              }
            })
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("reader_")
        .hasMessageContaining("Check user and password")
        .hasMessageNotContaining("wrong")
        .matches(e -> !((SourceException) e).retryable());
    MySqlSource sql =
        TestFlavour.builder(database.as("reader_nobody", "wrong"))
            .capture(database.name() + ".orders")
            .build();
    assertThatThrownBy(sql::preflight)
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("reader_nobody")
        .hasMessageContaining(":" + database.server().port())
        .matches(e -> !((SourceException) e).retryable());
  }

  @Test
  void a_registration_of_a_newer_format_is_refused_by_name() {
    MySqlSource source = source(database, b -> b);
    database.execute("update millrace_registration set format = 99");
    assertThatThrownBy(() -> Reading.start(source).close())
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("format 99")
        .hasMessageContaining("newer release");
  }

  @Test
  void hostile_names_are_captured_as_they_are() throws Exception {
    String longest = "x".repeat(64);
    database.execute(
        "create table `a``b` (`id``x` int primary key, `va\"lue` int)",
        "create table `" + longest + "` (`" + longest + "` int primary key)");
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(database.name() + ".a`b")
            .capture(database.name() + "." + longest)
            .build();
    source.registration().install();
    assertThat(refused(source)).isEmpty();
    try (Reading reading = Reading.start(source)) {
      database.execute(
          "insert into `a``b` values (1, 2)", "insert into `" + longest + "` values (3)");
      var events = reading.read(2);
      assertThat(events.get(0).newValue().toString()).contains("id`x", "va\"lue");
      assertThat(events.get(1).newValue().toString()).contains(longest);
    }
  }

  @Test
  void every_mistake_of_a_configuration_is_in_one_message() {
    assertThatThrownBy(
            () ->
                MySqlSource.builder(database.dataSource())
                    .capture("a.t")
                    .capture("a.t")
                    .capture("a.millrace_position")
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("host is missing")
        .hasMessageContaining("user is missing")
        .hasMessageContaining("password is missing")
        .hasMessageContaining("service is missing")
        .hasMessageContaining("captured twice")
        .hasMessageContaining("one of ours");
  }

  final MySqlSource source(
      Database where, java.util.function.UnaryOperator<MySqlSource.Builder> options) {
    MySqlSource source =
        options.apply(TestFlavour.builder(where).capture(where.name() + ".orders")).build();
    source.registration().install();
    return source;
  }

  private static List<Finding> refused(MySqlSource source) {
    return source.preflight().stream()
        .filter(finding -> finding.severity() == Finding.Severity.REFUSED)
        .toList();
  }

  private static String text(MySqlSource source, String code) {
    List<Finding> findings = source.preflight();
    assertThat(findings).extracting(Finding::code).contains(code);
    return findings.stream().filter(f -> f.code().equals(code)).findFirst().get().toString();
  }

  private static SourceException failure(Reading reading) {
    AtomicReference<SourceException> failure = new AtomicReference<>();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () -> {
              try {
                reading.poll();
                return false;
              } catch (SourceException e) {
                failure.set(e);
                return true;
              }
            });
    return failure.get();
  }
}
