package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a server's log stands.
 *
 * @param flavour of the server
 * @param server its identity and when it started, see {@link ServerProcess}
 * @param file the log file written now
 * @param firstFile the oldest that is left
 * @param executed all transactions in the log's history; without GTIDs where the log ends
 * @param purged those whose events are gone; MariaDB: what the oldest file follows; without GTIDs
 *     where the oldest file begins
 * @param gtids whether every transaction has a GTID
 */
record ServerState(
    Flavour flavour,
    String server,
    String file,
    String firstFile,
    GtidSet executed,
    GtidSet purged,
    boolean gtids) {
  private static final int FIRST_OFFSET = 4;

  /**
   * Asks the server.
   *
   * @param byPlace whether the saved position is a place in its log files; empty where there is
   *     none: then it is one where the server has no GTIDs
   */
  static ServerState read(ServerCatalog catalog, Optional<Boolean> byPlace) {
    return catalog.on("read where its binary log stands", connection -> read(connection, byPlace));
  }

  /** All transactions in the log's history, now, in the form of what was read of it. */
  static GtidSet executed(ServerCatalog catalog, GtidSet read) {
    return catalog.on(
        "read what it has executed",
        connection ->
            read instanceof LogPlace
                ? end(connection)
                : executed(connection, ServerCatalog.flavour(connection)));
  }

  /** Whether reading by GTID is possible: MySQL sends its log that way only where all have one. */
  static boolean hasGtids(Connection connection, Flavour flavour) throws SQLException {
    return flavour == Flavour.MARIADB
        || ServerCatalog.variable(connection, "gtid_mode").equalsIgnoreCase("ON");
  }

  /** Where the log ends now. */
  static LogPlace end(Connection connection) throws SQLException {
    List<List<@Nullable String>> rows =
        ServerCatalog.rows(
            connection,
            ServerCatalog.flavour(connection) == Flavour.MARIADB
                    || ServerSettingsCheck.isBefore(connection, 8, 2)
                ? "show master status"
                : "show binary log status");
    if (rows.isEmpty()) {
      throw new SourceException("The server has no binary log: start it with --log-bin.");
    }
    return new LogPlace(
        String.valueOf(rows.get(0).get(0)), Long.parseLong(String.valueOf(rows.get(0).get(1))));
  }

  private static GtidSet executed(Connection connection, Flavour flavour) throws SQLException {
    String variable = flavour == Flavour.MYSQL ? "gtid_executed" : "gtid_binlog_pos";
    return GtidSet.parse(flavour, ServerCatalog.value(connection, "select @@global." + variable));
  }

  private static ServerState read(Connection connection, Optional<Boolean> byPlace)
      throws SQLException {
    Flavour flavour = ServerCatalog.flavour(connection);
    boolean gtids = hasGtids(connection, flavour);
    List<List<@Nullable String>> logs = ServerCatalog.rows(connection, "show binary logs");
    if (logs.isEmpty()) {
      throw new SourceException("The server has no binary log: start it with --log-bin.");
    }
    String first = String.valueOf(logs.get(0).get(0));
    String last = String.valueOf(logs.get(logs.size() - 1).get(0));
    if (flavour == Flavour.MYSQL && byPlace.orElse(!gtids)) {
      return new ServerState(
          flavour,
          ServerProcess.read(connection, flavour),
          last,
          first,
          end(connection),
          new LogPlace(first, FIRST_OFFSET),
          gtids);
    }
    if (flavour == Flavour.MYSQL) {
      // First what is gone: what goes in between is missing then, and found missing.
      String purged = ServerCatalog.value(connection, "select @@global.gtid_purged");
      return new ServerState(
          flavour,
          ServerProcess.read(connection, flavour),
          last,
          first,
          executed(connection, flavour),
          GtidSet.parse(flavour, purged),
          gtids);
    }
    String purged = ServerCatalog.value(connection, "select binlog_gtid_pos(?, 4)", first);
    return new ServerState(
        flavour,
        ServerProcess.read(connection, flavour),
        last,
        first,
        executed(connection, flavour),
        GtidSet.parse(flavour, purged),
        gtids);
  }

  /** The name of a log file without its number. */
  static String baseName(String file) {
    int dot = file.lastIndexOf('.');
    return dot < 0 ? file : file.substring(0, dot);
  }
}
