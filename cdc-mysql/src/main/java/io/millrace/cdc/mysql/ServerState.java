package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a server's log stands.
 *
 * @param flavour of the server
 * @param server its identity and when it started, see {@link ServerProcess}
 * @param file the log file written now
 * @param firstFile the oldest that is left
 * @param executed all transactions in the log's history
 * @param purged those whose events are gone; MariaDB: what the oldest file follows
 */
record ServerState(
    Flavour flavour,
    String server,
    String file,
    String firstFile,
    GtidSet executed,
    GtidSet purged) {

  static ServerState read(ServerCatalog catalog) {
    return catalog.on("read where its binary log stands", ServerState::read);
  }

  /** All transactions in the log's history, now. */
  static GtidSet executed(ServerCatalog catalog) {
    return catalog.on(
        "read what it has executed",
        connection -> executed(connection, ServerCatalog.flavour(connection)));
  }

  private static GtidSet executed(Connection connection, Flavour flavour) throws SQLException {
    String variable = flavour == Flavour.MYSQL ? "gtid_executed" : "gtid_binlog_pos";
    return GtidSet.parse(flavour, ServerCatalog.value(connection, "select @@global." + variable));
  }

  private static ServerState read(Connection connection) throws SQLException {
    Flavour flavour = ServerCatalog.flavour(connection);
    List<List<@Nullable String>> logs = ServerCatalog.rows(connection, "show binary logs");
    if (logs.isEmpty()) {
      throw new SourceException("The server has no binary log: start it with --log-bin.");
    }
    String first = String.valueOf(logs.get(0).get(0));
    String last = String.valueOf(logs.get(logs.size() - 1).get(0));
    if (flavour == Flavour.MYSQL) {
      // First what is gone: what goes in between is missing then, and found missing.
      String purged = ServerCatalog.value(connection, "select @@global.gtid_purged");
      return new ServerState(
          flavour,
          ServerProcess.read(connection, flavour),
          last,
          first,
          executed(connection, flavour),
          GtidSet.parse(flavour, purged));
    }
    String purged = ServerCatalog.value(connection, "select binlog_gtid_pos(?, 4)", first);
    return new ServerState(
        flavour,
        ServerProcess.read(connection, flavour),
        last,
        first,
        executed(connection, flavour),
        GtidSet.parse(flavour, purged));
  }

  /** The name of a log file without its number. */
  static String baseName(String file) {
    int dot = file.lastIndexOf('.');
    return dot < 0 ? file : file.substring(0, dot);
  }
}
