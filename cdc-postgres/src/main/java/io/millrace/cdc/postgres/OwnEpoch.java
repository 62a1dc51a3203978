package io.millrace.cdc.postgres;

import io.millrace.cdc.error.ApplyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises the epoch of the target's own log where the server is another one, or another process,
 * than the one its events were read from. The source does the same when it opens; an applier that
 * comes before it would take writes that this server has lost for its own, and leave them out.
 */
final class OwnEpoch {
  private static final Logger LOG = LoggerFactory.getLogger(OwnEpoch.class);
  private static final String NO_RIGHT = "42501";

  private OwnEpoch() {}

  /** Does nothing where the log was never read, or its epoch is of this server. */
  static void settle(Connection connection, Clock clock) throws SQLException {
    if (PostgresTargetTables.ownLog(connection).isEmpty()) {
      return;
    }
    String log;
    long epoch;
    String identity;
    try (Statement query = connection.createStatement();
        ResultSet row =
            query.executeQuery("SELECT log, epoch, identity FROM millrace.registration")) {
      row.next();
      log = row.getString(1);
      epoch = row.getLong(2);
      identity = row.getString(3);
    }
    if (identity.isEmpty()) {
      return;
    }
    String server = new LogQueries(connection).identity().toString();
    if (identity.equals(server)) {
      return;
    }
    long risen = Math.max(epoch + 1, clock.millis());
    try {
      if (raise(connection, epoch, risen, server)) {
        LOG.warn(
            "The log '{}' of this database was last read on server {}, this is {}: its epoch rises from {} to {} before anything is applied."
                + " Own events from before count as foreign, so that writes which this server has lost come back.",
            log,
            identity,
            server,
            epoch,
            risen);
      }
    } catch (SQLException e) {
      if (!NO_RIGHT.equals(e.getSQLState())) {
        throw e;
      }
      throw new ApplyException(
          "The log '%s' of this database was last read on server %s, this is %s: it was restored, promoted or restarted. Until the log's epoch"
                  .formatted(log, identity, server)
              + " is raised, own events cannot be told from writes that this server has lost. Start the pipeline that reads the log, or GRANT"
              + " UPDATE ON millrace.registration TO the applier's user.",
          e,
          true);
    }
  }

  /** False where another was faster, who has raised it then. */
  static boolean raise(Connection connection, long from, long to, String server)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "UPDATE millrace.registration SET epoch = ?, identity = ? WHERE epoch = ?")) {
      statement.setLong(1, to);
      statement.setString(2, server);
      statement.setLong(3, from);
      return statement.executeUpdate() == 1;
    }
  }
}
