package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The part of preflight that is about replicas, and about servers that may become one. */
final class ReplicationCheck {
  private static final List<String> LOGS_IT = List.of("log_replica_updates", "log_slave_updates");

  private final Connection connection;
  private final SourceSettings settings;

  ReplicationCheck(Connection connection, SourceSettings settings) {
    this.connection = connection;
    this.settings = settings;
  }

  void run(List<Finding> findings) throws SQLException {
    ServerRole role = ServerRole.read(connection);
    boolean several = settings.servers().areSeveral();
    if ((role.replica() || several) && !logsReplicated()) {
      findings.add(
          Finding.refused(
              "log-replica-updates",
              "What the server gets by replication does not stand in its own binary log"
                  + " (log_replica_updates, log_slave_updates).",
              "Start it with --log-replica-updates (MariaDB: --log-slave-updates)."));
    }
    findings.addAll(GaleraCheck.findings(GaleraCheck.variables(connection), several));
    filters(findings, role);
    if (several && !role.known()) {
      findings.add(
          Finding.warning(
              "grant-replica-status",
              "The data source's user may not ask whether the server is a replica: only read_only keeps"
                  + " heartbeats from being written into one.",
              "GRANT REPLICATION CLIENT (MariaDB: REPLICA MONITOR) ON *.* TO …"));
    }
    if (!several && settings.log().isEmpty() && !role.takesWrites()) {
      findings.add(
          Finding.warning(
              "read-only",
              "The server is "
                  + (role.readOnly() ? "read-only" : "a replica")
                  + ", so the registration cannot be written there: reading waits until it takes writes.",
              "Name the server that takes writes too, with fallback(…), or the log with log(…), which"
                  + " writes nothing and has no heartbeats."));
    }
  }

  private boolean logsReplicated() throws SQLException {
    for (String variable : LOGS_IT) {
      String value = ServerCatalog.variable(connection, variable);
      if (!value.isEmpty()) {
        return value.equalsIgnoreCase("ON");
      }
    }
    return true;
  }

  private void filters(List<Finding> findings, ServerRole role) throws SQLException {
    if (role.filters().isEmpty()) {
      return;
    }
    Set<String> only = role.filters().getOrDefault("replicate_do_db", Set.of());
    Set<String> never = role.filters().getOrDefault("replicate_ignore_db", Set.of());
    boolean hidden =
        settings.tables().now(connection).stream()
            .map(CapturedTable::database)
            .anyMatch(db -> never.contains(db) || (!only.isEmpty() && !only.contains(db)));
    String message =
        String.format(
            Locale.ROOT,
            "The replica is not sent everything (%s): what its filters leave out never comes.",
            role.describeFilters());
    String remedy = "Take the filters off, or let them spare the captured tables and millrace_%.";
    findings.add(
        hidden
            ? Finding.refused("replication-filter", message, remedy)
            : Finding.warning("replication-filter", message, remedy));
  }
}
