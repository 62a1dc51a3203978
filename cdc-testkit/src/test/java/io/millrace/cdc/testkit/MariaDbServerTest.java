package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MariaDbServerTest extends SqlServerContract {

  @Override
  SqlServer shared() {
    return MariaDbServer.shared();
  }

  @Override
  SqlServer startDedicated(ServerOptions options) {
    return MariaDbServer.startDedicated(options);
  }

  @Override
  String[] readerGrants(String database) {
    return new String[] {
      "replication slave, binlog monitor on *.*", "select on " + database + ".*"
    };
  }

  @Test
  void the_binary_log_holds_full_rows_and_gtids_are_strict() {
    assertThat(
            MariaDbServer.shared()
                .admin()
                .query(
                    "select @@log_bin, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata,"
                        + " @@gtid_strict_mode")
                .get(0)
                .toString())
        .isIn("[1, ROW, FULL, FULL, 1]", "[true, ROW, FULL, FULL, true]");
  }
}
