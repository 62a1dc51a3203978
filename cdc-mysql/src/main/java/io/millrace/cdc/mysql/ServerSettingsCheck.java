package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The server-wide part of preflight: log settings, filters, grants, server ids. */
final class ServerSettingsCheck {
  private final Connection connection;
  private final Flavour flavour;
  private final SourceSettings settings;

  ServerSettingsCheck(Connection connection, Flavour flavour, SourceSettings settings) {
    this.connection = connection;
    this.flavour = flavour;
    this.settings = settings;
  }

  void run(List<Finding> findings) throws SQLException {
    if (!is("log_bin", "ON")) {
      findings.add(
          Finding.refused(
              "binlog-off",
              "The server writes no binary log.",
              "Start it with --log-bin and a server_id."));
      return;
    }
    must(
        findings,
        "binlog_format",
        "ROW",
        "binlog-format",
        "statements do not say which rows they change");
    must(
        findings,
        "binlog_row_image",
        "FULL",
        "binlog-row-image",
        "rows are logged without some columns");
    metadata(findings);
    if (flavour == Flavour.MYSQL) {
      gtids(findings);
      must(
          findings,
          "binlog_row_value_options",
          "",
          "binlog-row-value-options",
          "JSON columns are logged in part");
    } else {
      if (!is("gtid_strict_mode", "ON")) {
        findings.add(
            Finding.warning(
                "gtid-strict-mode",
                "gtid_strict_mode is OFF: after a failover two servers can hold different transactions"
                    + " under one GTID.",
                "SET GLOBAL gtid_strict_mode=ON, and in the server's configuration."));
      }
    }
    if (!is("sync_binlog", "1")) {
      findings.add(
          Finding.warning(
              "sync-binlog",
              "sync_binlog is not 1: a power cut can take events from the end of the log whose rows"
                  + " stay in the tables, and nobody is told of them.",
              "SET GLOBAL sync_binlog=1, and in the server's configuration."));
    }
    filters(findings);
    grants(findings);
    serverIds(findings);
  }

  private void metadata(List<Finding> findings) throws SQLException {
    if (!settings.minimalMetadata()) {
      must(
          findings,
          "binlog_row_metadata",
          "FULL",
          "binlog-row-metadata",
          "rows are logged without names, signs and character sets");
    } else if (!is("binlog_row_metadata", "FULL")) {
      findings.add(
          Finding.warning(
              "binlog-row-metadata",
              "binlog_row_metadata is '"
                  + ServerCatalog.variable(connection, "binlog_row_metadata")
                  + "': a change of a captured table's definition that overtakes the reader stops the"
                  + " pipeline.",
              "SET GLOBAL binlog_row_metadata='FULL', and in the server's configuration; then reconnect"
                  + " all writers."));
    }
  }

  private void gtids(List<Finding> findings) throws SQLException {
    if (ServerState.hasGtids(connection, flavour)) {
      return;
    }
    boolean several = settings.servers().areSeveral();
    String message =
        String.format(
            Locale.ROOT,
            "gtid_mode is '%s': positions are places in the log files of this one server%s.",
            ServerCatalog.variable(connection, "gtid_mode"),
            several ? ", and fallback(…) names others" : ", and mean nothing on a replica");
    String remedy =
        "SET GLOBAL gtid_mode='ON', step by step, and in the server's configuration"
            + (several ? "; or name one server only." : ".");
    findings.add(
        several
            ? Finding.refused("gtid-mode", message, remedy)
            : Finding.warning("gtid-mode", message, remedy));
  }

  private boolean is(String variable, String value) throws SQLException {
    return ServerCatalog.variable(connection, variable).equalsIgnoreCase(value);
  }

  private void must(
      List<Finding> findings, String variable, String wanted, String code, String otherwise)
      throws SQLException {
    String value = ServerCatalog.variable(connection, variable);
    if (!value.equalsIgnoreCase(wanted)) {
      findings.add(
          Finding.refused(
              code,
              String.format(Locale.ROOT, "%s is '%s': %s.", variable, value, otherwise),
              String.format(
                  Locale.ROOT,
                  "SET GLOBAL %s='%s', and in the server's configuration; then reconnect all writers.",
                  variable,
                  wanted)));
    }
  }

  private void filters(List<Finding> findings) throws SQLException {
    String sql =
        flavour == Flavour.MARIADB || isBefore(8, 2)
            ? "show master status"
            : "show binary log status";
    List<List<@Nullable String>> rows;
    try {
      rows = ServerCatalog.rows(connection, sql);
    } catch (SQLException e) {
      return; // reported as a missing grant
    }
    if (rows.isEmpty()) {
      return;
    }
    Set<String> only = names(rows.get(0).get(2));
    Set<String> never = names(rows.get(0).get(3));
    Set<String> databases = new TreeSet<>();
    settings.tables().now(connection).forEach(table -> databases.add(table.database()));
    databases.add(settings.registrationDatabase());
    for (String database : databases) {
      if (never.contains(database) || (!only.isEmpty() && !only.contains(database))) {
        findings.add(
            Finding.refused(
                "binlog-filter",
                "The binary log leaves out database '"
                    + database
                    + "' (binlog_do_db, binlog_ignore_db).",
                "Take the filter out of the server's configuration and restart it."));
      }
    }
  }

  private boolean isBefore(int major, int minor) throws SQLException {
    return isBefore(connection, major, minor);
  }

  static boolean isBefore(Connection connection, int major, int minor) throws SQLException {
    String[] version = ServerCatalog.value(connection, "select version()").split("[^0-9]+", -1);
    int actual = Integer.parseInt(version[0]);
    return actual < major || (actual == major && Integer.parseInt(version[1]) < minor);
  }

  static Set<String> names(@Nullable String list) {
    Set<String> names = new TreeSet<>();
    for (String name : (list == null ? "" : list).split(",", -1)) {
      if (!name.isBlank()) {
        names.add(name.strip());
      }
    }
    return names;
  }

  /** Of the reading user, where the data source's user may see its grants; else of its own. */
  private void grants(List<Finding> findings) throws SQLException {
    String all = String.join("\n", grantsOf());
    if (all.isEmpty() || all.contains("ALL PRIVILEGES ON *.*")) {
      return;
    }
    grant(
        findings,
        all,
        "grant-replication-slave",
        List.of("REPLICATION SLAVE", "REPLICATION REPLICA"),
        "REPLICATION SLAVE");
    grant(
        findings,
        all,
        "grant-replication-client",
        List.of("REPLICATION CLIENT", "BINLOG MONITOR"),
        flavour == Flavour.MARIADB ? "BINLOG MONITOR" : "REPLICATION CLIENT");
  }

  private List<String> grantsOf() throws SQLException {
    String user = settings.user().replace("'", "''");
    boolean own =
        ServerCatalog.value(connection, "select substring_index(user(), '@', 1)")
            .equals(settings.user());
    try {
      return ServerCatalog.rows(
              connection, own ? "show grants" : "show grants for '" + user + "'@'%'")
          .stream()
          .map(row -> String.valueOf(row.get(0)))
          .toList();
    } catch (SQLException e) {
      return List.of(); // not ours to see; the server will say when it refuses
    }
  }

  private void grant(
      List<Finding> findings, String all, String code, List<String> names, String wanted) {
    if (names.stream().noneMatch(all::contains)) {
      findings.add(
          Finding.refused(
              code,
              "User '" + settings.user() + "' lacks " + wanted + ".",
              "GRANT " + wanted + " ON *.* TO '" + settings.user() + "'@'…'"));
    }
  }

  private void serverIds(List<Finding> findings) throws SQLException {
    if (settings.serverId().isEmpty()) {
      return;
    }
    String id = Long.toString(settings.serverId().getAsLong());
    boolean own = ServerCatalog.value(connection, "select @@global.server_id").equals(id);
    if (own || isReplica(id)) {
      findings.add(
          Finding.refused(
              "server-id",
              "serverId " + id + " is taken by " + (own ? "the server itself" : "a replica") + ".",
              "Give another one, or none for a random one."));
    }
  }

  private boolean isReplica(String id) {
    String sql = flavour == Flavour.MARIADB ? "show slave hosts" : "show replicas";
    try {
      return ServerCatalog.rows(connection, sql).stream().anyMatch(row -> id.equals(row.get(0)));
    } catch (SQLException e) {
      return false; // cannot be seen
    }
  }
}
