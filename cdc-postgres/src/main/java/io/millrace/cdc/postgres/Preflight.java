package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Names what keeps a database from being captured soundly. */
final class Preflight {
  private static final String INSTALL =
      "Run source.changeLog().install(), or the statements of source.changeLog().ddl().";

  private static final String GRANTS =
      """
      SELECT g.relation, g.privilege, current_user FROM (VALUES
        ('change_log', 'SELECT'), ('change_log_id', 'SELECT'), ('registration', 'SELECT'), ('registration', 'UPDATE'),
        ('reader', 'SELECT'), ('reader', 'INSERT'), ('reader', 'UPDATE')) AS g (relation, privilege)
      JOIN pg_catalog.pg_namespace n ON n.nspname = 'millrace'
      LEFT JOIN pg_catalog.pg_class c ON c.relname = g.relation AND c.relnamespace = n.oid
      WHERE NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        OR c.oid IS NOT NULL AND NOT CASE c.relkind
          WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, g.privilege)
          ELSE pg_catalog.has_table_privilege(c.oid, g.privilege) END""";

  private static final String BEAT = "millrace.beat(text, bigint, bigint, text, bigint)";

  private static final String INSTALLED =
      """
      SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'millrace' AND c.relname IN ('registration', 'change_log', 'reader', 'change_log_id')
        AND (c.relname <> 'change_log' OR c.relkind = 'p' AND 2 = (
          SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('event', 'new_record')))
        -- Until then a writer's session could set the incarnation, and so hide what it wrote.
        AND EXISTS (SELECT FROM pg_catalog.pg_proc p
          WHERE p.pronamespace = n.oid AND p.proname = 'incarnation' AND p.provolatile = 'i')""";

  private final Connection connection;
  private final String service;
  private final List<CapturedTable> tables;
  private final List<Finding> findings = new ArrayList<>();

  Preflight(Connection connection, String service, List<CapturedTable> tables) {
    this.connection = connection;
    this.service = service;
    this.tables = tables;
  }

  List<Finding> run() throws SQLException {
    int version = Integer.parseInt(one("SHOW server_version_num"));
    if (version < 130000) {
      findings.add(
          Finding.refused(
              "server-version",
              "The server is PostgreSQL "
                  + one("SHOW server_version")
                  + "; 64-bit transaction ids came with 13.",
              "Upgrade the server to 13 or newer."));
      return findings;
    }
    if (one("SELECT pg_catalog.pg_is_in_recovery()").equals("t")) {
      findings.add(
          Finding.refused(
              "standby",
              "The server is a standby (pg_is_in_recovery() is true).",
              "Connect to the primary."));
      return findings;
    }
    if (!one(INSTALLED).equals("4")) {
      findings.add(
          Finding.refused(
              "not-installed",
              "The change log is not installed, or by an earlier release, in database "
                  + one("SELECT current_database()")
                  + ".",
              INSTALL));
      return findings;
    }
    grants();
    if (findings.isEmpty()) {
      registration();
      heartbeat();
      retention();
      findings.addAll(LogSequence.findings(connection));
      findings.addAll(PreparedTransactions.older(connection, PreparedTransactions.LONG));
    }
    for (CapturedTable table : tables) {
      findings.addAll(TableCheck.findings(connection, table, tables));
    }
    return findings;
  }

  private void grants() throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery(GRANTS)) {
      while (row.next()) {
        String user = Sql.identifier(row.getString(3));
        findings.add(
            Finding.refused(
                "grant-missing",
                "User "
                    + user
                    + " lacks "
                    + row.getString(2)
                    + " on millrace."
                    + row.getString(1)
                    + ", or USAGE on schema millrace.",
                "GRANT USAGE ON SCHEMA millrace TO "
                    + user
                    + "; GRANT "
                    + row.getString(2)
                    + " ON millrace."
                    + row.getString(1)
                    + " TO "
                    + user));
      }
    }
  }

  private void heartbeat() throws SQLException {
    String may =
        one("SELECT has_function_privilege(to_regprocedure('" + BEAT + "')::oid, 'EXECUTE')");
    if (may.equals("null")) {
      findings.add(
          Finding.warning(
              "heartbeat-missing",
              "The change log was installed by a release without heartbeats: there is no function "
                  + BEAT
                  + ", so health is told by progress only and the ledgers of appliers are not cleaned up.",
              INSTALL));
    } else if (!may.equals("t")) {
      String user = Sql.identifier(one("SELECT current_user"));
      findings.add(
          Finding.warning(
              "heartbeat-grant",
              "User "
                  + user
                  + " may not execute "
                  + BEAT
                  + ", so health is told by progress only and the ledgers of appliers are not cleaned up.",
              "GRANT EXECUTE ON FUNCTION " + BEAT + " TO " + user));
    }
  }

  private void retention() throws SQLException {
    for (String function :
        List.of(
            "millrace.rotate(bigint, interval)", "millrace.retain(interval, interval, bigint)")) {
      if (!one("SELECT has_function_privilege('" + function + "', 'EXECUTE')").equals("t")) {
        String user = Sql.identifier(one("SELECT current_user"));
        findings.add(
            Finding.warning(
                "retention-grant",
                "User "
                    + user
                    + " may not execute "
                    + function
                    + ", so the change log grows unless a job calls changeLog().retain(…).",
                "GRANT EXECUTE ON FUNCTION " + function + " TO " + user));
      }
    }
  }

  private void registration() throws SQLException {
    String log = one("SELECT log FROM millrace.registration");
    String format = one("SELECT format FROM millrace.registration");
    if (log.isEmpty()) {
      findings.add(Finding.refused("not-installed", "millrace.registration is empty.", INSTALL));
    } else if (Integer.parseInt(format) > LogRow.FORMAT) {
      findings.add(
          Finding.refused(
              "log-format",
              "The change log has format "
                  + format
                  + ", this release reads up to "
                  + LogRow.FORMAT
                  + ".",
              "Run the release that installed it, or a newer one."));
    } else if (!log.matches(java.util.regex.Pattern.quote(service) + "-[0-9a-f]{8}")) {
      findings.add(
          Finding.refused(
              "other-service",
              "The change log of this database is '"
                  + log
                  + "', this source is of service '"
                  + service
                  + "'.",
              "Give the source the service's tag with which the log was installed."));
    }
  }

  private String one(String sql) throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery(sql)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }
}
