package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.SqlDialect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** Makes a session strict and its times UTC, notes who answers it, and puts it back. */
final class MySqlTargetSession {
  /** An idle session is looked at more often than that, and so stays. */
  private static final long LEAST_WAIT_SECONDS = 30;

  /** Which run of which server this session is with; it cannot change while the session lasts. */
  static final String PROCESS_VARIABLE = "millrace_server";

  private MySqlTargetSession() {}

  static SqlDialect.Restore prepare(Connection connection, Duration limit) throws SQLException {
    int isolation = connection.getTransactionIsolation();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    String mode;
    String zone;
    long wait;
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT @@session.sql_mode, @@session.time_zone, @@session.wait_timeout")) {
      rows.next();
      mode = rows.getString(1);
      zone = rows.getString(2);
      wait = rows.getLong(3);
    }
    // An id of 0 is an id; what is too long or out of range is refused, not cut. How the driver
    // quotes stays as it was.
    StringBuilder strict =
        new StringBuilder("STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION");
    for (String kept : new String[] {"ANSI_QUOTES", "NO_BACKSLASH_ESCAPES"}) {
      if (mode.contains(kept)) {
        strict.append(',').append(kept);
      }
    }
    set(connection, strict.toString(), "+00:00", Math.max(LEAST_WAIT_SECONDS, limit.toSeconds()));
    try (PreparedStatement statement =
        connection.prepareStatement("SET @" + PROCESS_VARIABLE + " = ?")) {
      statement.setString(1, ServerProcess.read(connection, ServerCatalog.flavour(connection)));
      statement.execute();
    }
    return () -> {
      set(connection, mode, zone, wait);
      connection.setTransactionIsolation(isolation);
    };
  }

  private static void set(Connection connection, String mode, String zone, long wait)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SET SESSION sql_mode = ?, time_zone = ?, wait_timeout = " + wait)) {
      statement.setString(1, mode);
      statement.setString(2, zone);
      statement.execute();
    }
  }
}
