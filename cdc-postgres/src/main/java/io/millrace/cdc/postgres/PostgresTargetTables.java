package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.OwnLog;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/** This library's tables in a PostgreSQL target. */
final class PostgresTargetTables {
  static final List<String> DDL =
      List.of(
          "CREATE SCHEMA IF NOT EXISTS millrace",
          """
          CREATE TABLE IF NOT EXISTS millrace.ledger (
            applier text COLLATE "C" NOT NULL,
            entity text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            log text COLLATE "C" NOT NULL,
            version bytea NOT NULL,
            state smallint NOT NULL,
            shadow bytea,
            mark_table text COLLATE "C",
            mark_key text COLLATE "C",
            mark bigint NOT NULL,
            hops integer NOT NULL,
            xid xid8 NOT NULL,
            applied_at timestamptz NOT NULL,
            format smallint NOT NULL,
            PRIMARY KEY (applier, entity, id, log)
          ) WITH (fillfactor = 80)""",
          // The change log's trigger asks for the mark of each row; a hash index takes keys of any
          // length.
          "CREATE INDEX IF NOT EXISTS ledger_mark_key ON millrace.ledger USING hash (mark_key)",
          """
          CREATE TABLE IF NOT EXISTS millrace.applier_offset (
            applier text COLLATE "C" NOT NULL,
            transport text COLLATE "C" NOT NULL,
            channel text COLLATE "C" NOT NULL,
            partition_no integer NOT NULL,
            next_offset bigint NOT NULL,
            incarnation text COLLATE "C" NOT NULL,
            partitions integer NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now(),
            format smallint NOT NULL,
            PRIMARY KEY (applier, transport, channel, partition_no)
          ) WITH (fillfactor = 50)""",
          """
          CREATE TABLE IF NOT EXISTS millrace.held (
            applier text COLLATE "C" NOT NULL,
            entity text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            partition_no integer NOT NULL,
            delivery_offset bigint NOT NULL,
            routing_key text COLLATE "C" NOT NULL,
            body bytea NOT NULL,
            headers bytea NOT NULL,
            error text NOT NULL,
            attempts integer NOT NULL,
            held_since bigint NOT NULL,
            parked smallint NOT NULL,
            format smallint NOT NULL,
            PRIMARY KEY (applier, entity, id, partition_no, delivery_offset)
          )""",
          """
          CREATE TABLE IF NOT EXISTS millrace.applier_heartbeat (
            applier text COLLATE "C" NOT NULL,
            transport text COLLATE "C" NOT NULL,
            channel text COLLATE "C" NOT NULL,
            log text COLLATE "C" NOT NULL,
            partition_no integer NOT NULL,
            written_at bigint NOT NULL,
            acknowledged bytea,
            acknowledged_at bigint,
            format smallint NOT NULL,
            PRIMARY KEY (applier, transport, channel, log, partition_no)
          ) WITH (fillfactor = 50)""",
          // The change log's trigger reads the ledger with the rights of the schema's owner.
          """
          DO $$ BEGIN
            EXECUTE (SELECT format('GRANT SELECT ON millrace.ledger TO %I', nspowner::regrole::name)
              FROM pg_namespace WHERE nspname = 'millrace');
          END $$""");

  private PostgresTargetTables() {}

  static boolean installed(Connection connection) throws SQLException {
    String sql =
        "SELECT to_regclass('millrace.ledger') IS NOT NULL AND to_regclass('millrace.applier_offset') IS NOT NULL"
            + " AND to_regclass('millrace.held') IS NOT NULL AND to_regclass('millrace.applier_heartbeat') IS NOT NULL";
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() && rows.getBoolean(1);
    }
  }

  static Optional<OwnLog> ownLog(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery("SELECT to_regclass('millrace.registration') IS NOT NULL")) {
        if (!rows.next() || !rows.getBoolean(1)) {
          return Optional.empty();
        }
      }
      try (ResultSet rows =
          statement.executeQuery("SELECT log, epoch FROM millrace.registration")) {
        return rows.next()
            ? Optional.of(new OwnLog(rows.getString(1), rows.getLong(2)))
            : Optional.empty();
      }
    }
  }
}
