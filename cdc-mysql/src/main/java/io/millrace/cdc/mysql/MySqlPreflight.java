package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Looks for everything that would lose or misread changes. */
final class MySqlPreflight {
  private final SourceSettings settings;
  private final ServerCatalog catalog;

  MySqlPreflight(SourceSettings settings) {
    this.settings = settings;
    this.catalog = new ServerCatalog(settings);
  }

  List<Finding> run() {
    return catalog.on("check its settings", this::run);
  }

  private List<Finding> run(Connection connection) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    Flavour flavour = ServerCatalog.flavour(connection);
    new ServerSettingsCheck(connection, flavour, settings).run(findings);
    if (findings.stream().noneMatch(finding -> finding.code().equals("binlog-off"))) {
      new TablesCheck(connection, flavour, settings).run(findings);
    }
    return List.copyOf(findings);
  }
}
