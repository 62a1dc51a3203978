package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices tables that were renamed or dropped, and triggers that were dropped, disabled or changed,
 * with one cheap query now and then.
 */
final class TableWatch {
  private static final Logger LOG = LoggerFactory.getLogger(TableWatch.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final String FINGERPRINT =
      """
      SELECT md5(string_agg(c.oid || ' ' || coalesce(t.triggers, ''), ',' ORDER BY c.oid)), md5(string_agg(a.columns, ',' ORDER BY c.oid))
      FROM unnest(?::text[], ?::text[]) AS w (schema_name, table_name)
      JOIN pg_namespace n ON n.nspname = w.schema_name
      JOIN pg_class c ON c.relname = w.table_name AND c.relnamespace = n.oid
      LEFT JOIN LATERAL (
        SELECT string_agg(concat_ws('/', oid, tgname, tgenabled, tgfoid, tgtype, encode(tgargs, 'hex')), ',' ORDER BY oid) AS triggers
        FROM pg_trigger WHERE tgrelid = c.oid) t ON true
      LEFT JOIN LATERAL (
        SELECT string_agg(concat_ws('/', attname, atttypid, attisdropped), ',' ORDER BY attnum) AS columns
        FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) a ON true""";

  /** What is looked at: the triggers, and the columns that decide what the triggers must do. */
  private record Fingerprint(String triggers, String columns) {}

  private final Connection connection;
  private final List<CapturedTable> tables;
  private final EventMaker events;
  private Fingerprint fingerprint;
  private long checkedNanos;

  /** Checks all at once; fails where a table is not captured soundly. */
  TableWatch(Connection connection, List<CapturedTable> tables, EventMaker events)
      throws SQLException {
    this.connection = connection;
    this.tables = tables;
    this.events = events;
    this.fingerprint = fingerprint();
    this.checkedNanos = System.nanoTime();
    checkAll(false);
  }

  /**
   * Looks again when it is time to; fails where changes would be lost.
   *
   * @return whether it was time to
   */
  boolean check() throws SQLException {
    long now = System.nanoTime();
    if (now - checkedNanos < EVERY_NANOS) {
      return false;
    }
    checkedNanos = now;
    Fingerprint found = fingerprint();
    if (!found.equals(fingerprint)) {
      checkAll(true);
      if (!found.triggers().equals(fingerprint.triggers())) {
        LOG.warn(
            "Triggers of captured tables were changed while they were read, and are as they should be again. What was written meanwhile may"
                + " be missing in the log.");
      }
      fingerprint = found;
      events.forgetLayouts();
    }
    return true;
  }

  private void checkAll(boolean sayAll) throws SQLException {
    List<Finding> refused = new ArrayList<>();
    for (CapturedTable table : tables) {
      for (Finding finding : TableCheck.findings(connection, table)) {
        if (finding.severity() == Finding.Severity.REFUSED) {
          refused.add(finding);
        } else if (sayAll) {
          LOG.warn("{}", finding);
        }
      }
    }
    if (!refused.isEmpty()) {
      throw PostgresReader.refused(refused);
    }
  }

  private Fingerprint fingerprint() throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(FINGERPRINT)) {
      query.setString(1, Sql.array(tables.stream().map(CapturedTable::schema).toList()));
      query.setString(2, Sql.array(tables.stream().map(CapturedTable::table).toList()));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return new Fingerprint(String.valueOf(row.getString(1)), String.valueOf(row.getString(2)));
      }
    }
  }
}
