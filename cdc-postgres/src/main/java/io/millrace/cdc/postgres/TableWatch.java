package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices tables that were renamed or dropped, triggers that were dropped, disabled or changed,
 * columns of other types, other primary keys, partitions that come and go, and what retention took
 * from this reader, with one cheap query now and then.
 */
final class TableWatch {
  private static final Logger LOG = LoggerFactory.getLogger(TableWatch.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(3);

  /**
   * Of each captured table and of each of its partitions: what must never change, and what may. A
   * partition's trigger for TRUNCATE is made again where it is missing. And the registration.
   */
  private static final String STATE =
      """
      SELECT c.oid::bigint, md5(t.lasting), md5(concat_ws(',', t.passing, c.relpersistence, k.key, a.columns, s.ids))
      FROM unnest(?::text[], ?::text[]) AS w (schema_name, table_name)
      JOIN pg_namespace n ON n.nspname = w.schema_name
      JOIN pg_class p ON p.relname = w.table_name AND p.relnamespace = n.oid
      LEFT JOIN LATERAL pg_partition_tree(p.oid) l ON p.relkind = 'p'
      JOIN pg_class c ON c.oid = coalesce(l.relid, p.oid)
      CROSS JOIN LATERAL (
        SELECT string_agg(d.text, ',' ORDER BY d.oid) FILTER (WHERE d.is_lasting) AS lasting,
          string_agg(d.text, ',' ORDER BY d.oid) FILTER (WHERE NOT d.is_lasting) AS passing
        FROM (
          SELECT oid, concat_ws('/', oid, xmin, tgname, tgenabled, tgfoid, tgtype, encode(tgargs, 'hex')) AS text,
            c.oid = p.oid OR tgname <> '!millrace_truncate' AS is_lasting
          FROM pg_trigger WHERE tgrelid = c.oid) d) t
      CROSS JOIN LATERAL (
        SELECT string_agg(concat_ws('/', attname, atttypid, attisdropped), ',' ORDER BY attnum) AS columns
        FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) a
      LEFT JOIN LATERAL (
        SELECT concat_ws('/', 'key', indkey, indnkeyatts, indimmediate) AS key FROM pg_index WHERE indrelid = c.oid AND indisprimary) k ON true
      LEFT JOIN LATERAL (
        SELECT concat_ws('/', seqcache, seqincrement, seqcycle) AS ids FROM pg_sequence WHERE seqrelid = 'millrace.change_log_id'::regclass) s ON true
      UNION ALL SELECT NULL, r.nonce, r.lost FROM millrace.reader r WHERE r.pipeline = ?""";

  private record State(String lasting, String passing) {}

  private final Connection connection;
  private final List<CapturedTable> tables;
  private final EventMaker events;
  private final String pipeline;
  private Map<Long, State> states;
  private ReaderSession.@Nullable Registered registered;
  private long checkedNanos;

  /** Whether a partition could not be given its trigger yet. */
  private boolean waiting;

  /** Checks all at once; fails where a table is not captured soundly. */
  TableWatch(Connection connection, List<CapturedTable> tables, EventMaker events, String pipeline)
      throws SQLException {
    this.connection = connection;
    this.tables = tables;
    this.events = events;
    this.pipeline = pipeline;
    this.states = states();
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
    Map<Long, State> found = states();
    if (waiting || !found.equals(states)) {
      checkAll(true);
      if (triggersDiffer(states, found)) {
        LOG.warn(
            "Triggers of captured tables were changed while they were read, and are as they should be again. What was written meanwhile may"
                + " be missing in the log.");
      }
      states = found;
      events.forgetLayouts();
    }
    return true;
  }

  /**
   * Why retention may have dropped what the reader has not read, when it was looked at last; empty
   * where it has not.
   *
   * @param nonce of the registration under which the reader's position was made
   */
  Optional<String> lost(String nonce) {
    return ReaderSession.lost(registered, nonce);
  }

  /** Whether those of a table that was there and still is are others now. */
  private static boolean triggersDiffer(Map<Long, State> before, Map<Long, State> now) {
    return before.entrySet().stream()
        .anyMatch(
            entry -> {
              State state = now.get(entry.getKey());
              return state != null && !state.lasting().equals(entry.getValue().lasting());
            });
  }

  private void checkAll(boolean sayAll) throws SQLException {
    waiting = false;
    List<Finding> refused = new ArrayList<>(LogSequence.findings(connection));
    for (CapturedTable table : tables) {
      for (Finding finding : adopt(table)) {
        if (finding.severity() == Finding.Severity.REFUSED) {
          refused.add(finding);
        } else {
          LOG.warn("{}", finding);
        }
      }
      for (Finding finding : TableCheck.findings(connection, table, tables)) {
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

  private List<Finding> adopt(CapturedTable table) throws SQLException {
    Optional<TableLayout> layout = new Catalog(connection).table(table.schema(), table.table());
    if (layout.flatMap(TableLayout::partitions).isEmpty()) {
      return List.of();
    }
    List<Finding> findings = PartitionCheck.adopt(connection, table);
    waiting |= findings.stream().anyMatch(f -> f.code().equals("partition-trigger-waits"));
    return findings;
  }

  private Map<Long, State> states() throws SQLException {
    Map<Long, State> found = new HashMap<>();
    try (PreparedStatement query = connection.prepareStatement(STATE)) {
      query.setString(1, Sql.array(tables.stream().map(CapturedTable::schema).toList()));
      query.setString(2, Sql.array(tables.stream().map(CapturedTable::table).toList()));
      query.setString(3, pipeline);
      registered = null;
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          long table = row.getLong(1);
          if (row.wasNull()) {
            registered = new ReaderSession.Registered(row.getString(2), row.getString(3));
          } else {
            found.put(
                table,
                new State(String.valueOf(row.getString(2)), String.valueOf(row.getString(3))));
          }
        }
      }
    }
    return found;
  }
}
