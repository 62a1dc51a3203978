package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PostgresServerTest extends SqlServerContract {

  @Override
  SqlServer shared() {
    return PostgresServer.shared();
  }

  @Override
  SqlServer startDedicated(ServerOptions options) {
    return PostgresServer.startDedicated(options);
  }

  @Override
  String[] readerGrants(String database) {
    return new String[] {"select on all tables in schema public"};
  }

  @Test
  void commits_are_synchronous_and_two_phase_commit_is_on() {
    Database database = PostgresServer.shared().createDatabase("shop");

    assertThat(database.value("show synchronous_commit")).isEqualTo("on");
    assertThat(database.number("show max_prepared_transactions")).isEqualTo(20);
  }

  @Test
  void every_server_has_an_identity_of_its_own_and_logical_decoding_can_be_had() {
    String identity = "select system_identifier from pg_control_system()";
    try (PostgresServer server =
        PostgresServer.startDedicated(ServerOptions.defaults().with("wal_level", "logical"))) {
      assertThat(server.admin().value("show wal_level")).isEqualTo("logical");
      assertThat(server.admin().value(identity))
          .isNotEqualTo(PostgresServer.shared().admin().value(identity));
    }
  }
}
