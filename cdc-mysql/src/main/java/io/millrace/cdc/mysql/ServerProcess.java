package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names one run of one server: who it is, and in which second its process started. Files cannot be
 * put back under a running server, so as long as this name stays nothing was restored. A run is
 * named only after its first second, so that the next run starts in another one.
 */
final class ServerProcess {
  private static final String STARTED =
      "select cast(unix_timestamp() - variable_value as signed), cast(variable_value as signed)"
          + " from %s.global_status where variable_name = 'uptime'";

  /** Asks who a server is; {@link #identityOf} reads the answer. */
  static final String IDENTITY =
      "show global variables where variable_name in ('server_uuid', 'server_id', 'server_uid')";

  private static final long POLL_MILLIS = 50;

  private ServerProcess() {}

  /** {@code identity@seconds}; the seconds are the server's, and the same at every call. */
  static String read(Connection connection, Flavour flavour) throws SQLException {
    Map<String, String> variables = new HashMap<>();
    ServerCatalog.rows(connection, IDENTITY)
        .forEach(row -> variables.put(String.valueOf(row.get(0)), String.valueOf(row.get(1))));
    String identity = identityOf(variables);
    // One statement: the server takes both numbers from one reading of its clock.
    String schema = flavour == Flavour.MYSQL ? "performance_schema" : "information_schema";
    while (true) {
      List<List<@Nullable String>> rows = ServerCatalog.rows(connection, STARTED.formatted(schema));
      if (rows.isEmpty()) {
        throw new SourceException(
            "The server does not say since when it runs: "
                + schema
                + ".global_status has no 'Uptime'.");
      }
      if (!"0".equals(rows.get(0).get(1))) {
        return identity + "@" + rows.get(0).get(0);
      }
      awaitFirstSecond();
    }
  }

  /** Who a server is: MySQL's server_uuid, MariaDB's server_id and server_uid. */
  static String identityOf(Map<String, String> variables) {
    String uuid = variables.get("server_uuid");
    return uuid != null
        ? uuid
        : variables.get("server_id") + "/" + variables.getOrDefault("server_uid", "");
  }

  private static void awaitFirstSecond() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException("Interrupted while the server's first second passed.", e, true);
    }
  }

  /** Who the server is, whenever it started. */
  static String identity(String process) {
    int at = process.lastIndexOf('@');
    return at < 0 ? process : process.substring(0, at);
  }
}
