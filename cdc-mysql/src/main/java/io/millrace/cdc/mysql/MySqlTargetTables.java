package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.error.ApplyException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/** This library's tables in a MySQL or MariaDB target, in the connection's database. */
final class MySqlTargetTables {
  private static final int NO_SUCH_TABLE = 1146;
  private static final int TABLES = 4;

  /** Above every epoch. */
  private static final long UNSETTLED = Long.MAX_VALUE;

  static final List<String> DDL =
      List.of(
          """
          CREATE TABLE IF NOT EXISTS millrace_ledger (
            applier varbinary(64) NOT NULL,
            entity varbinary(128) NOT NULL,
            id varbinary(512) NOT NULL,
            log varbinary(64) NOT NULL,
            version varbinary(64) NOT NULL,
            state tinyint NOT NULL,
            shadow blob NULL,
            mark_table varbinary(512) NOT NULL,
            mark_key blob NOT NULL,
            mark bigint NOT NULL,
            hops int NOT NULL,
            applied_at datetime(6) NOT NULL,
            format smallint NOT NULL,
            PRIMARY KEY (applier, entity, id, log)
          ) ENGINE=InnoDB""",
          """
          CREATE TABLE IF NOT EXISTS millrace_applier_offset (
            applier varbinary(64) NOT NULL,
            transport varbinary(64) NOT NULL,
            channel varbinary(255) NOT NULL,
            partition_no int NOT NULL,
            next_offset bigint NOT NULL,
            incarnation varbinary(255) NOT NULL,
            partitions int NOT NULL,
            updated_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
            format smallint NOT NULL,
            PRIMARY KEY (applier, transport, channel, partition_no)
          ) ENGINE=InnoDB""",
          """
          CREATE TABLE IF NOT EXISTS millrace_held (
            applier varbinary(64) NOT NULL,
            entity varbinary(128) NOT NULL,
            id varbinary(512) NOT NULL,
            partition_no int NOT NULL,
            delivery_offset bigint NOT NULL,
            routing_key mediumblob NOT NULL,
            body longblob NOT NULL,
            headers mediumblob NOT NULL,
            error mediumtext CHARACTER SET utf8mb4 NOT NULL,
            attempts int NOT NULL,
            held_since bigint NOT NULL,
            parked smallint NOT NULL,
            format smallint NOT NULL,
            PRIMARY KEY (applier, entity, id, partition_no, delivery_offset)
          ) ENGINE=InnoDB""",
          """
          CREATE TABLE IF NOT EXISTS millrace_applier_heartbeat (
            applier varbinary(64) NOT NULL,
            transport varbinary(64) NOT NULL,
            channel varbinary(255) NOT NULL,
            log varbinary(64) NOT NULL,
            partition_no int NOT NULL,
            written_at bigint NOT NULL,
            acknowledged varbinary(64) NULL,
            acknowledged_at bigint NULL,
            format smallint NOT NULL,
            PRIMARY KEY (applier, transport, channel, log, partition_no)
          ) ENGINE=InnoDB""");

  private MySqlTargetTables() {}

  static boolean installed(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT database(), (SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name IN"
                    + " ('millrace_ledger', 'millrace_applier_offset', 'millrace_held', 'millrace_applier_heartbeat'))")) {
      rows.next();
      if (rows.getString(1) == null) {
        throw new ApplyException(
            "The target's data source selects no database, and this library's tables are kept in the connection's database. Put one into the"
                + " JDBC URL.");
      }
      return rows.getInt(2) == TABLES;
    }
  }

  /**
   * The log of this database. Its epoch counts only for the run of the server that it was made for:
   * after any other the database may have been put back, and what the log's own events say may be
   * gone from it. So they are all of an older epoch, and foreign, until the source has opened the
   * log again; it publishes nothing before.
   */
  static Optional<OwnLog> ownLog(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT log, epoch, identity, @"
                    + MySqlTargetSession.PROCESS_VARIABLE
                    + " FROM millrace_registration")) {
      if (!rows.next()) {
        return Optional.empty();
      }
      boolean sameRun = rows.getString(3).equals(rows.getString(4));
      return Optional.of(new OwnLog(rows.getString(1), sameRun ? rows.getLong(2) : UNSETTLED));
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_SUCH_TABLE) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
