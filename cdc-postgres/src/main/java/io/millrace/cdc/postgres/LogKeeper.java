package io.millrace.cdc.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the log go on in a new segment when it is time to, and gives up segments that nobody needs.
 * The rules, and the locks, are those of the functions in the database.
 */
final class LogKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(LogKeeper.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Where nothing is logged, little is to be tidied up. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int STEPS_AT_ONCE = 4;
  private static final int MOST_STEPS = 1000;

  private final LogRetention retention;
  private long lastNanos = System.nanoTime() - EVERY_NANOS;
  private boolean warned;

  LogKeeper(LogRetention retention) {
    this.retention = retention;
  }

  /**
   * Does a little of it now and then; what fails is tried again and hinders no reading.
   *
   * @param quiet whether nothing has been logged for a while
   */
  void tend(Connection connection, boolean quiet) {
    long now = System.nanoTime();
    if (!retention.automatic() || now - lastNanos < (quiet ? QUIET_NANOS : EVERY_NANOS)) {
      return;
    }
    lastNanos = now;
    try {
      run(connection, STEPS_AT_ONCE);
      warned = false;
    } catch (SQLException e) {
      if (!warned) {
        LOG.warn(
            "The change log was not tidied up, and grows: {} Grant EXECUTE on millrace.rotate and millrace.retain to the reader, or choose"
                + " retention(….byHand()) and let a job call changeLog().retain(…).",
            e.getMessage());
      }
      warned = true;
    }
  }

  /** Does all that can be done now, on a connection in auto-commit mode. */
  List<String> run(Connection connection) throws SQLException {
    return run(connection, MOST_STEPS);
  }

  private List<String> run(Connection connection, int steps) throws SQLException {
    rotate(connection);
    List<String> done = new ArrayList<>();
    while (done.size() < steps) {
      String step = retain(connection);
      if (step == null) {
        break;
      }
      LOG.info("Change log: {}", step);
      done.add(step);
    }
    return done;
  }

  private void rotate(Connection connection) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT millrace.rotate(?, ? * interval '1 millisecond')")) {
      query.setLong(1, retention.segmentRows());
      query.setLong(2, retention.segmentAge().toMillis());
      query.execute();
    }
  }

  private @Nullable String retain(Connection connection) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "SELECT millrace.retain(? * interval '1 millisecond', ? * interval '1 millisecond', ?)")) {
      query.setLong(1, retention.keep().toMillis());
      if (retention.unreadFor().isPresent()) {
        query.setLong(2, retention.unreadFor().get().toMillis());
      } else {
        query.setNull(2, Types.BIGINT);
      }
      if (retention.unreadBytes().isPresent()) {
        query.setLong(3, retention.unreadBytes().getAsLong());
      } else {
        query.setNull(3, Types.BIGINT);
      }
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }
}
