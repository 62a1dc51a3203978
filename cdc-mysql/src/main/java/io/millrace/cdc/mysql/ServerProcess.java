package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Names one run of one server: who it is, and when its process started. Files cannot be put back
 * under a running server, so as long as this name stays nothing was restored.
 */
final class ServerProcess {
  private static final String STARTED =
      "select cast(unix_timestamp() - variable_value as signed) from %s.global_status"
          + " where variable_name = 'uptime'";

  private ServerProcess() {}

  /** {@code identity@seconds}; the seconds are the server's, and the same at every call. */
  static String read(Connection connection, Flavour flavour) throws SQLException {
    String identity =
        flavour == Flavour.MYSQL
            ? ServerCatalog.value(connection, "select @@global.server_uuid")
            : ServerCatalog.value(connection, "select @@global.server_id")
                + "/"
                + ServerCatalog.variable(connection, "server_uid");
    // One statement: the server takes both numbers from one reading of its clock.
    String schema = flavour == Flavour.MYSQL ? "performance_schema" : "information_schema";
    String started = ServerCatalog.value(connection, STARTED.formatted(schema));
    if (started.isEmpty()) {
      throw new SourceException(
          "The server does not say since when it runs: "
              + schema
              + ".global_status has no 'Uptime'.");
    }
    return identity + "@" + started;
  }

  /** Who the server is, whenever it started. */
  static String identity(String process) {
    int at = process.lastIndexOf('@');
    return at < 0 ? process : process.substring(0, at);
  }
}
