package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that a session can set, make or become hides what it writes. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresHostileSessionTest {
  private final Database database = PostgresServer.shared().createDatabase("hostile");
  private PostgresSource source;
  private SourceReader reader;
  private Database application;

  @BeforeEach
  void install() {
    database.execute("create table item (id int primary key, v float8, r regclass)");
    source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture("public.item")
            .outbox()
            .build();
    source.changeLog().install();
    reader = SourceFixture.openNow(source);
    application = database.createUser("application", "usage on schema public");
    database.execute(
        "grant temporary on database " + database.name() + " to " + application.user(),
        "grant select, insert, update, delete, truncate on item to " + application.user(),
        "grant usage on schema millrace to " + application.user(),
        "grant execute on function millrace.append(text, text, bytea) to " + application.user());
  }

  @AfterEach
  void drop() {
    reader.close();
    database.drop();
  }

  /** What a session may do to itself before it writes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "set millrace.incarnation = '42'",
        "set millrace.incarnation = ''",
        "set millrace.incarnation = 'none'",
        "set millrace.origin = 'none'",
        "set millrace.origin = 'v1:1:1:0:other'",
        "set row_security = off",
        "set quote_all_identifiers = on",
        "set plan_cache_mode = force_custom_plan",
        "set plan_cache_mode = force_generic_plan",
        "set default_transaction_isolation = serializable",
        "set standard_conforming_strings = off",
        "set search_path = pg_temp, millrace, public",
        "set extra_float_digits = -15",
        "set transform_null_equals = on",
        "set array_nulls = off",
        "temporary objects with the names of ours"
      })
  void what_a_session_sets_changes_nothing_in_what_is_read(String first) throws Exception {
    try (Connection connection = application.connect()) {
      if (first.startsWith("temporary")) {
        shadow(connection);
      } else {
        run(connection, first);
      }
      for (boolean autoCommit : new boolean[] {true, false}) {
        connection.setAutoCommit(autoCommit);
        if (!autoCommit && first.startsWith("set ")) {
          run(connection, first.replaceFirst("set ", "set local "));
        }
        write(connection);
        outboxAppend(connection, autoCommit);
        if (!autoCommit) {
          connection.commit();
        }
        List<ChangeEvent> events = SourceFixture.read(reader, autoCommit ? 4 : 5);
        assertThat(events)
            .extracting(event -> event.type() + " " + event.entity() + " " + event.hops())
            .startsWith("CREATED item 0", "UPDATED item 0", "DELETED item 0", "TRUNCATED item 0");
        assertThat(events.get(1).newValue().get("v"))
            .isEqualTo(new Value.DoubleValue(0.30000000000000004));
        assertThat(events.get(1).newValue().get("r"))
            .isEqualTo(new Value.RawValue("postgres:regclass", "public.item"));
      }
    }
    assertThat(database.number("select count(distinct incarnation) from millrace.change_log"))
        .isEqualTo(1);
  }

  private static void write(Connection connection) throws SQLException {
    run(
        connection,
        "insert into public.item values (1, 0.1, 'public.item')",
        "update public.item set v = 0.30000000000000004",
        "delete from public.item",
        "truncate public.item");
  }

  private void outboxAppend(Connection connection, boolean autoCommit) {
    if (!autoCommit) {
      source
          .outbox()
          .append(
              connection,
              Orders.ORDER.created(new Orders.Order(1, "new", java.math.BigDecimal.ONE)));
    }
  }

  /** Everything of ours that a temporary object could stand in for. */
  private static void shadow(Connection connection) throws SQLException {
    run(
        connection,
        "create temporary table change_log (id int)",
        "create temporary table ledger (id int)",
        "create temporary table item (id int)",
        "create temporary table pg_database (id int)",
        "create domain pg_temp.text as int",
        "create domain pg_temp.int8 as bool",
        "create domain pg_temp.\"char\" as bool",
        "create domain pg_temp.json as bool",
        "create function pg_temp.incarnation() returns bigint language sql as 'select 42::bigint'",
        "create function pg_temp.row_to_json(record) returns json language plpgsql as 'begin return null; end'",
        "set search_path = pg_temp, pg_catalog");
  }

  @Test
  void an_origin_that_names_the_very_transaction_hides_nothing_where_no_applier_wrote_the_ledger()
      throws Exception {
    try (Connection connection = application.connect()) {
      connection.setAutoCommit(false);
      for (String hops : List.of("0", "-100", "99999999")) {
        run(
            connection,
            "select set_config('millrace.origin', 'v1:' || pg_current_xact_id() || ':1:"
                + hops
                + ":app', true)",
            "insert into item values (1, 0.1, null)",
            "delete from item");
        connection.commit();
        assertThat(SourceFixture.read(reader, 2))
            .as(hops)
            .allSatisfy(event -> assertThat(event.hops()).isBetween(1, 30_001));
      }
      run(
          connection,
          "select set_config('millrace.origin', 'v1:' || pg_current_xact_id() || ':a:b:app', true)");
      assertThatThrownBy(() -> run(connection, "insert into item values (1, 0.1, null)"))
          .hasMessageContaining("invalid input syntax");
      connection.rollback();
    }
  }

  @Test
  void who_becomes_another_role_or_a_replica_is_logged_all_the_same() throws Exception {
    Database other = database.createUser("other", "usage on schema public");
    database.execute("grant select, insert, update, delete on item to " + other.user());
    try (Connection connection = database.connect()) {
      run(
          connection,
          "set session_replication_role = replica",
          "set session authorization " + application.user(),
          "insert into item values (1, 1, null)",
          "reset session authorization",
          "set role " + other.user(),
          "update item set v = 2",
          "reset role",
          "alter table item force row level security, enable row level security",
          "update item set v = 3",
          "set session_replication_role = origin",
          "update item set v = 4");
    }
    assertThat(SourceFixture.read(reader, 4))
        .extracting(event -> event.newValue().get("v"))
        .containsExactly(
            new Value.DoubleValue(1),
            new Value.DoubleValue(2),
            new Value.DoubleValue(3),
            new Value.DoubleValue(4));
  }

  @Test
  void an_installation_whose_incarnation_a_session_could_set_is_refused_until_it_is_brought_up() {
    database.execute("alter function millrace.incarnation() volatile");
    assertThat(source.preflight()).extracting(Finding::code).containsExactly("not-installed");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
