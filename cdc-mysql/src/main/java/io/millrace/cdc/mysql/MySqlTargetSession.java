package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.SqlDialect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Makes a session strict and its times UTC, and puts it back. */
final class MySqlTargetSession {
  private MySqlTargetSession() {}

  static SqlDialect.Restore prepare(Connection connection) throws SQLException {
    int isolation = connection.getTransactionIsolation();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    String mode;
    String zone;
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT @@session.sql_mode, @@session.time_zone")) {
      rows.next();
      mode = rows.getString(1);
      zone = rows.getString(2);
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
    set(connection, strict.toString(), "+00:00");
    return () -> {
      set(connection, mode, zone);
      connection.setTransactionIsolation(isolation);
    };
  }

  private static void set(Connection connection, String mode, String zone) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SET SESSION sql_mode = ?, time_zone = ?")) {
      statement.setString(1, mode);
      statement.setString(2, zone);
      statement.execute();
    }
  }
}
