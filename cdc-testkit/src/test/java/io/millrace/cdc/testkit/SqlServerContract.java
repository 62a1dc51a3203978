package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** What every database server of the testkit does. */
abstract class SqlServerContract {

  abstract SqlServer shared();

  abstract SqlServer startDedicated(ServerOptions options);

  abstract String[] readerGrants(String database);

  @Test
  void the_shared_server_is_one_server_and_cannot_be_stopped() {
    SqlServer server = shared();

    assertThat(shared()).isSameAs(server);
    assertThatThrownBy(server::stop).hasMessageContaining("dedicated");
    server.close();
    assertThat(server.admin().number("select 1")).isEqualTo(1);
  }

  @Test
  void databases_are_fresh_and_apart() {
    Database one = shared().createDatabase("shop");
    Database two = shared().createDatabase("shop");

    one.execute("create table t (id int primary key, name varchar(40))");
    two.execute("create table t (id int primary key, name varchar(40))");
    one.update("insert into t values (?, ?)", 1, "Zoë ☃ 🎉");
    one.update("insert into t values (?, ?)", 2, null);

    assertThat(one.query("select id, name from t order by id"))
        .extracting(row -> row.get(1))
        .containsExactly("Zoë ☃ 🎉", null);
    assertThat(two.number("select count(*) from t")).isZero();
    one.drop();
    assertThatThrownBy(one::connect).hasMessageContaining(one.name());
  }

  @Test
  void a_user_can_do_what_is_granted_and_nothing_else() {
    Database database = shared().createDatabase("shop");
    database.execute("create table t (id int primary key)", "insert into t values (7)");
    Database reader = database.createUser("reader", readerGrants(database.name()));

    assertThat(reader.number("select id from t")).isEqualTo(7);
    assertThatThrownBy(() -> reader.execute("delete from t")).isInstanceOf(SqlFailure.class);
  }

  @Test
  void a_failing_statement_is_named() {
    Database database = shared().createDatabase("shop");

    assertThatThrownBy(() -> database.execute("select 1", "select nonsense from nowhere"))
        .isInstanceOf(SqlFailure.class)
        .hasMessageContaining("select nonsense from nowhere")
        .hasMessageContaining(database.name());
  }

  @Test
  void stopped_and_killed_servers_start_again_on_the_same_port_and_data() throws Exception {
    try (SqlServer server = startDedicated(ServerOptions.defaults())) {
      int port = server.port();
      Database database = server.createDatabase("shop");
      database.execute("create table t (id int primary key)", "insert into t values (1)");

      try (Connection open =
          database.connect()) { // a client that stays does not keep it from stopping
        assertThat(open.isValid(5)).isTrue();
        server.stop();
      }
      assertThat(server.isRunning()).isFalse();
      assertThatThrownBy(database::connect).isNotNull();
      server.start();
      database.execute("insert into t values (2)");
      Connection open = database.connect();
      open.setAutoCommit(false);
      try (Statement statement = open.createStatement()) {
        statement.execute("insert into t values (3)");
        server.kill();
      }
      assertThatThrownBy(open::commit).isInstanceOf(SQLException.class);
      open.abort(Runnable::run);
      server.start();

      assertThat(server.port()).isEqualTo(port);
      assertThat(database.number("select sum(id) from t")).isEqualTo(3);
    }
  }

  @Test
  void a_paused_server_answers_after_it_is_resumed() {
    try (SqlServer server = startDedicated(ServerOptions.defaults())) {
      server.pause();
      assertThat(server.isRunning()).isTrue();
      server.resume();
      assertThat(server.admin().number("select 1")).isEqualTo(1);
    }
  }

  @Test
  void a_server_starts_from_a_copy_of_anothers_data() {
    try (SqlServer server = startDedicated(ServerOptions.defaults())) {
      Database database = server.createDatabase("shop");
      database.execute("create table t (id int primary key)", "insert into t values (1)");
      server.stop();
      Path copy = server.copyData();
      server.start();
      database.execute("insert into t values (2)");

      try (SqlServer restored = startDedicated(ServerOptions.defaults().withDataFrom(copy))) {
        assertThat(restored.database(database.name()).number("select count(*) from t"))
            .isEqualTo(1);
      }
    }
  }

  @Test
  void settings_are_laid_over_the_testkits_own() {
    try (SqlServer server =
        startDedicated(ServerOptions.defaults().with("max_connections", "77"))) {
      assertThat(maxConnections(server)).isEqualTo("77");
      server.stop();
      server.configure("max_connections", "78");
      server.start();
      assertThat(maxConnections(server)).isEqualTo("78");
    }
  }

  @Test
  void a_server_that_does_not_start_says_why() {
    assertThatThrownBy(() -> startDedicated(ServerOptions.defaults().with("no_such_setting", "1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching("(?s).*no.such.setting.*");
  }

  private static String maxConnections(SqlServer server) {
    return String.valueOf(
        server.kind() == ServerKind.POSTGRES
            ? server.admin().value("show max_connections")
            : server.admin().value("select @@max_connections"));
  }
}
