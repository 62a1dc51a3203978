package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepared transactions that wrote the log and were forgotten by their manager: nothing else tells
 * that what they logged has not come, since they delay nobody. Used by one thread.
 */
final class PreparedTransactions {
  /** What is prepared is ended at once, or its manager is gone. */
  static final Duration LONG = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(PreparedTransactions.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(30);

  /**
   * The locks of a prepared transaction belong to no process, its lock on its own id among them.
   */
  private static final String OLD =
      """
      SELECT p.gid, p.owner, p.prepared::text FROM pg_catalog.pg_prepared_xacts p
      WHERE p.database = pg_catalog.current_database() AND p.prepared <= pg_catalog.clock_timestamp() - ? * interval '1 millisecond'
        AND EXISTS (SELECT FROM pg_catalog.pg_locks i JOIN pg_catalog.pg_locks l ON l.virtualtransaction = i.virtualtransaction
          WHERE i.pid IS NULL AND l.pid IS NULL AND i.transactionid = p.transaction AND l.relation = 'millrace.change_log'::regclass)
      ORDER BY p.prepared""";

  private final Set<String> told = new HashSet<>();
  private long lookedNanos = System.nanoTime() - EVERY_NANOS;

  /** Says, once each, which have been prepared for long. */
  void tell(Connection connection) throws SQLException {
    long now = System.nanoTime();
    if (now - lookedNanos < EVERY_NANOS) {
      return;
    }
    lookedNanos = now;
    Set<String> found = new HashSet<>();
    for (Finding finding : older(connection, LONG)) {
      found.add(finding.message());
      if (!told.contains(finding.message())) {
        LOG.warn("{}", finding);
      }
    }
    told.clear();
    told.addAll(found);
  }

  /** Those that wrote the log and have been prepared for that long. */
  static List<Finding> older(Connection connection, Duration than) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(OLD)) {
      query.setLong(1, than.toMillis());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          findings.add(
              Finding.warning(
                  "prepared-transaction",
                  "Transaction '%s' of user %s has been prepared since %s and not ended: its changes do not come, the change log is kept for them, and who writes the same rows, or appends events of the same keys, waits."
                      .formatted(row.getString(1), row.getString(2), row.getString(3)),
                  "Let its transaction manager recover, or end it: COMMIT PREPARED %1$s, or ROLLBACK PREPARED %1$s."
                      .formatted(Sql.literal(row.getString(1)))));
        }
      }
    }
    return findings;
  }
}
