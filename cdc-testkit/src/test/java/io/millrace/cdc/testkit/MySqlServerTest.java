package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MySqlServerTest extends SqlServerContract {

  @Override
  SqlServer shared() {
    return MySqlServer.shared();
  }

  @Override
  SqlServer startDedicated(ServerOptions options) {
    return MySqlServer.startDedicated(options);
  }

  @Override
  String[] readerGrants(String database) {
    return new String[] {
      "replication slave, replication client on *.*", "select on " + database + ".*"
    };
  }

  @Test
  void the_binary_log_holds_full_rows_and_gtids_are_on() {
    assertThat(
            MySqlServer.shared()
                .admin()
                .query(
                    "select @@binlog_format, @@binlog_row_image, @@binlog_row_metadata, @@gtid_mode")
                .get(0)
                .toString())
        .isEqualTo("[ROW, FULL, FULL, ON]");
  }

  @Test
  void every_server_has_a_uuid_of_its_own() {
    try (MySqlServer server = MySqlServer.startDedicated()) {
      assertThat(server.admin().value("select @@server_uuid"))
          .isNotEqualTo(MySqlServer.shared().admin().value("select @@server_uuid"));
    }
  }
}
