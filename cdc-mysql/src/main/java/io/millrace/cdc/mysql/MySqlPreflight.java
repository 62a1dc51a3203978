package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Looks for everything that would lose or misread changes. */
final class MySqlPreflight {
  private final SourceSettings settings;

  MySqlPreflight(SourceSettings settings) {
    this.settings = settings;
  }

  /** Of all servers that can be reached; fails where none can, or one refuses the user. */
  List<Finding> run() {
    SourceServers servers = settings.servers();
    if (!servers.areSeveral()) {
      return run(settings);
    }
    List<Finding> findings = new ArrayList<>();
    List<SourceException> away = new ArrayList<>();
    for (SourceServer server : servers.inTurn()) {
      try {
        run(settings.at(server)).forEach(finding -> findings.add(of(server, finding)));
        servers.reached(server);
      } catch (SourceException e) {
        if (!e.retryable()) {
          throw e;
        }
        servers.away(server);
        away.add(e);
        findings.add(
            Finding.warning(
                "server-away",
                String.valueOf(e.getMessage()),
                "Bring it back: without it there is one server less to go to."));
      }
    }
    if (away.size() == servers.all().size()) {
      throw away.get(0);
    }
    return List.copyOf(findings);
  }

  private static Finding of(SourceServer server, Finding finding) {
    return new Finding(
        finding.severity(),
        finding.code(),
        server.place() + ": " + finding.message(),
        finding.remedy());
  }

  private static List<Finding> run(SourceSettings settings) {
    return new ServerCatalog(settings)
        .on("check its settings", connection -> run(connection, settings));
  }

  private static List<Finding> run(Connection connection, SourceSettings settings)
      throws SQLException {
    List<Finding> findings = new ArrayList<>();
    Flavour flavour = ServerCatalog.flavour(connection);
    new ServerSettingsCheck(connection, flavour, settings).run(findings);
    if (findings.stream().noneMatch(finding -> finding.code().equals("binlog-off"))) {
      new ReplicationCheck(connection, settings).run(findings);
      new TablesCheck(connection, flavour, settings).run(findings);
    }
    return List.copyOf(findings);
  }
}
