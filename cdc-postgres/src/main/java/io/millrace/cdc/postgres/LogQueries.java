package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * What the reader asks the log, on one connection in auto-commit mode. No query holds a snapshot
 * longer than itself, and none sorts or scans the log whole: the planner is told so for this
 * connection, since it knows nothing of a log that just grew.
 */
final class LogQueries {
  private static final String HEAD_COLUMNS =
      "pg_catalog.pg_current_snapshot()::text, l.lsn::text, pg_catalog.pg_current_wal_flush_lsn() >= l.lsn,"
          + " s.last_value - CASE WHEN s.is_called THEN 0 ELSE 1 END, (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000)::bigint";

  /**
   * The last id drawn is read after the snapshot was taken: a sequence shows its present value to
   * everybody.
   */
  private static final String OF_HEAD =
      " FROM (SELECT pg_catalog.pg_current_wal_insert_lsn() AS lsn) l, millrace.change_log_id s";

  /** The rows that began to be logged after the last window, by the primary key. */
  static final String RANGE =
      "SELECT "
          + LogRow.COLUMNS
          + " FROM millrace.change_log WHERE id > ? AND id <= ? AND incarnation = ?"
          + " AND (xid >= ? OR xid = ANY (?)) AND pg_catalog.pg_visible_in_snapshot(xid, ?) ORDER BY id LIMIT ?";

  /**
   * The rows of one transaction that was in progress when the last window ended, by the index on
   * (incarnation, xid, id).
   */
  static final String MEMBER =
      "SELECT "
          + LogRow.COLUMNS
          + " FROM millrace.change_log WHERE xid = ? AND id > ? AND id <= ? AND incarnation = ?"
          + " ORDER BY id LIMIT ?";

  /**
   * Who has unread rows below the floor: a member that ended, or one of the transactions in the
   * ranges, all of which ended. The ranges keep the index from being walked through the rows of a
   * transaction that is still open.
   *
   * <p>LATERAL and the order by transaction leave the planner, which knows no value when it plans a
   * prepared statement for good, no other way than the index on (incarnation, xid, id): left to
   * itself it takes the ids' range, and so the whole log, at every look.
   */
  static final String LATE =
      "SELECT f.xid::text FROM pg_catalog.unnest(?::xid8[]) AS m, LATERAL ("
          + "SELECT c.xid FROM millrace.change_log c"
          + " WHERE c.incarnation = ? AND c.xid = m AND c.id > ? AND c.id <= ? LIMIT 1) f"
          + " UNION ALL SELECT f.xid::text"
          + " FROM unnest(?::xid8[], ?::xid8[]) AS r (low, high), LATERAL ("
          + "SELECT DISTINCT ON (c.xid) c.xid FROM millrace.change_log c"
          + " WHERE c.incarnation = ? AND c.xid >= r.low AND c.xid < r.high AND c.id > ? AND c.id <= ?"
          + " ORDER BY c.xid) f";

  /**
   * The log's end, and what transactions logged that were not read and ended before it, by the
   * index on (incarnation, xid, id): one statement has one snapshot, which the head names and which
   * decides what rows it sees. The same snapshot tells who is open, so that nobody walks through
   * the rows of an open transaction: the ranges lie between them (the server lists them in order).
   * The inner limit keeps the planner from joining all of the log with the ranges.
   */
  static final String LOOK =
      "SELECT c.*, "
          + HEAD_COLUMNS
          + OF_HEAD
          + " LEFT JOIN LATERAL (SELECT e.* FROM ("
          + "SELECT m.below, m.above FROM unnest(?::xid8[], ?::xid8[], ?::xid8[]) AS m (below, xid, above)"
          + " WHERE pg_catalog.pg_visible_in_snapshot(m.xid, pg_catalog.pg_current_snapshot())"
          + " UNION ALL SELECT b.below, b.above FROM (SELECT ARRAY(SELECT x FROM pg_catalog.pg_snapshot_xip(pg_catalog.pg_current_snapshot()) AS x"
          + " WHERE x >= ?::xid8) AS open OFFSET 0) o, unnest("
          + "?::xid8 || o.open, o.open || pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())) AS b (below, above)) r,"
          + " LATERAL (SELECT "
          + LogRow.COLUMNS
          + " FROM millrace.change_log WHERE incarnation = ? AND xid > r.below AND xid < r.above LIMIT ?) e LIMIT ?) c ON true";

  /**
   * The last row of a transaction and table that is less deep inside triggers than that. Nothing
   * but the transaction bounds it, so that the planner has no other index than its.
   */
  static final String AROUND =
      "SELECT n.number, coalesce(f.last, 0) FROM unnest(?::bigint[], ?::xid8[], ?::text[], ?::int[])"
          + " WITH ORDINALITY AS n (incarnation, xid, relation, depth, number), LATERAL ("
          + "SELECT max(c.id + 0) AS last FROM millrace.change_log c"
          + " WHERE c.incarnation = n.incarnation AND c.xid = n.xid AND c.relation = n.relation AND c.depth < n.depth) f";

  /**
   * Whether a change inside a trigger may begin where a less deep one ended that was logged after
   * it: with one state, or, where it inserted what the other deleted, with none.
   */
  private static final String MOVES =
      "SELECT EXISTS (SELECT FROM millrace.change_log c, LATERAL (VALUES (c.old::text, true), (c.new::text, false)) AS s (state, begins)"
          + " WHERE c.incarnation = ? AND c.xid = ? AND c.op IN ('I', 'U', 'D') GROUP BY c.relation, s.state"
          + " HAVING min(c.id) FILTER (WHERE s.begins AND c.depth > 1) < max(c.id) FILTER (WHERE NOT s.begins)"
          + " AND max(c.depth) FILTER (WHERE s.begins) > min(c.depth) FILTER (WHERE NOT s.begins))";

  static final String NEXT = "SELECT id FROM millrace.change_log WHERE id > ? ORDER BY id LIMIT 1";

  /** What other incarnations left: all of it is committed, since a dump holds nothing else. */
  static final String PAST =
      "SELECT "
          + LogRow.COLUMNS
          + " FROM millrace.change_log WHERE id > ? AND id <= ? AND incarnation <> ?"
          + " AND (incarnation <> ? OR xid >= ? OR xid = ANY (?)) ORDER BY id LIMIT ?";

  private static final String IDENTITY =
      "SELECT c.system_identifier, d.oid::bigint, (extract(epoch FROM pg_catalog.pg_postmaster_start_time())"
          + " * 1000000)::bigint, pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)"
          + " FROM pg_catalog.pg_control_system() c, pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

  private final Connection connection;

  LogQueries(Connection connection) {
    this.connection = connection;
  }

  /** The log's end alone. */
  LogHead head() throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery("SELECT " + HEAD_COLUMNS + OF_HEAD)) {
      row.next();
      return LogRows.head(row, 1);
    }
  }

  /**
   * The log's end, and the rows of the transactions not read yet that ended before it, in no order;
   * all of them where there are fewer than the limit.
   */
  LogLook look(long incarnation, ReadState read, int limit) throws SQLException {
    // Prepared, since it is asked all the time: planning it costs more than answering it.
    try (PreparedStatement query = connection.prepareStatement(LOOK)) {
      // Members from the bound on are in the ranges.
      long[] members = Arrays.stream(read.members()).filter(xid -> xid < read.bound()).toArray();
      query.setString(1, xids(Arrays.stream(members).map(xid -> xid - 1).toArray()));
      query.setString(2, xids(members));
      query.setString(3, xids(Arrays.stream(members).map(xid -> xid + 1).toArray()));
      query.setString(4, Long.toString(read.bound()));
      query.setString(5, Long.toString(Math.max(0, read.bound() - 1))); // no transaction is 0
      query.setLong(6, incarnation);
      query.setInt(7, limit);
      query.setInt(8, limit);
      try (ResultSet row = query.executeQuery()) {
        return LogRows.look(row);
      }
    }
  }

  ServerIdentity identity() throws SQLException {
    refuseStandby();
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery(IDENTITY)) {
      row.next();
      return new ServerIdentity(
          row.getLong(1), row.getLong(2), Long.parseLong(row.getString(4), 16), row.getLong(3));
    }
  }

  private void refuseStandby() throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
      row.next();
      if (row.getBoolean(1)) {
        // It may become the primary, or the name may lead to the primary again.
        throw new SourceException(
            "The server is a standby (pg_is_in_recovery() is true), whose snapshots say nothing about the primary's transactions."
                + " Connect to the primary (targetServerType=primary).",
            null,
            true);
      }
    }
  }

  Optional<LogRow> row(long id) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "SELECT " + LogRow.COLUMNS + " FROM millrace.change_log WHERE id = ?")) {
      query.setLong(1, id);
      List<LogRow> rows = rows(query);
      return rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(0));
    }
  }

  /**
   * Rows above {@code afterId} of transactions not read yet that the snapshot sees, in id order.
   */
  List<LogRow> range(
      long incarnation, ReadState read, PgSnapshot to, long afterId, long upToId, int limit)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(RANGE)) {
      query.setLong(1, afterId);
      query.setLong(2, upToId);
      query.setLong(3, incarnation);
      query.setObject(4, Long.toString(read.bound()), Types.OTHER);
      query.setObject(5, xids(read.members()), Types.OTHER);
      query.setObject(6, to.text(), Types.OTHER);
      query.setInt(7, limit);
      return rows(query);
    }
  }

  /**
   * The transactions not read yet that the snapshot sees and that logged something in {@code
   * (afterId, upToId]}.
   */
  long[] late(long incarnation, ReadState read, PgSnapshot to, long afterId, long upToId)
      throws SQLException {
    long[][] ranges = to.endedFrom(read.bound());
    try (PreparedStatement query = connection.prepareStatement(LATE)) {
      query.setString(1, xids(endedBelowBound(read, to)));
      query.setLong(2, incarnation);
      query.setLong(3, afterId);
      query.setLong(4, upToId);
      query.setString(5, xids(ranges[0]));
      query.setString(6, xids(ranges[1]));
      query.setLong(7, incarnation);
      query.setLong(8, afterId);
      query.setLong(9, upToId);
      List<Long> found = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(Long.parseLong(row.getString(1)));
        }
      }
      return found.stream().mapToLong(Long::longValue).toArray();
    }
  }

  private static long[] endedBelowBound(ReadState read, PgSnapshot to) {
    return Arrays.stream(read.endedIn(to)).filter(x -> x < read.bound()).toArray();
  }

  /**
   * Rows of these transactions in {@code (afterId, upToId]}, in id order: the server merges one
   * index scan per transaction.
   */
  List<LogRow> members(long incarnation, long[] members, long afterId, long upToId, int limit)
      throws SQLException {
    String sql = membersSql(members.length);
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      int parameter = 1;
      for (long member : members) {
        query.setObject(parameter++, Long.toString(member), Types.OTHER);
        query.setLong(parameter++, afterId);
        query.setLong(parameter++, upToId);
        query.setLong(parameter++, incarnation);
        query.setInt(parameter++, limit);
      }
      if (members.length > 1) {
        query.setInt(parameter, limit);
      }
      return rows(query);
    }
  }

  /** Each part has its own order, so that the server merges them: it does not see it otherwise. */
  static String membersSql(int members) {
    if (members == 1) {
      return MEMBER;
    }
    return Collections.nCopies(members, "(" + MEMBER + ")").stream()
            .collect(Collectors.joining(" UNION ALL "))
        + " ORDER BY id LIMIT ?";
  }

  /**
   * Rows of other incarnations than the present one; {@code read} is what was read of {@code
   * incarnation}.
   */
  List<LogRow> past(
      long present, long incarnation, ReadState read, long afterId, long upToId, int limit)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(PAST)) {
      query.setLong(1, afterId);
      query.setLong(2, upToId);
      query.setLong(3, present);
      query.setLong(4, incarnation);
      query.setObject(5, Long.toString(read.bound()), Types.OTHER);
      query.setObject(6, xids(read.members()), Types.OTHER);
      query.setInt(7, limit);
      return rows(query);
    }
  }

  /** Up to which row there are some that may belong before changes of each nest; 0 for none. */
  Map<NestedRows.Nest, Long> lastAround(List<NestedRows.Nest> nests) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(AROUND)) {
      query.setString(1, xids(nests.stream().mapToLong(NestedRows.Nest::incarnation).toArray()));
      query.setString(2, xids(nests.stream().mapToLong(NestedRows.Nest::xid).toArray()));
      query.setString(3, Sql.array(nests.stream().map(NestedRows.Nest::relation).toList()));
      query.setString(4, xids(nests.stream().mapToLong(NestedRows.Nest::depth).toArray()));
      Map<NestedRows.Nest, Long> found = new HashMap<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.put(nests.get(row.getInt(1) - 1), row.getLong(2));
        }
      }
      return found;
    }
  }

  /** Whether the transaction logged a change inside a trigger before one that came before it. */
  boolean moves(long incarnation, long xid) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(MOVES)) {
      query.setLong(1, incarnation);
      query.setObject(2, Long.toString(xid), Types.OTHER);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** The lowest id above this one whose row can be seen; empty where there is none. */
  OptionalLong nextId(long id) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(NEXT)) {
      query.setLong(1, id);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
      }
    }
  }

  boolean flushedUpTo(String lsn) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT pg_catalog.pg_current_wal_flush_lsn() >= ?::pg_lsn")) {
      query.setString(1, lsn);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** Commits a transaction that writes nothing but WAL, which flushes all that stands before it. */
  void flush() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_catalog.pg_logical_emit_message(true, 'millrace', 'flush')");
    }
  }

  private static String xids(long[]... parts) {
    return Arrays.stream(parts)
        .flatMapToLong(Arrays::stream)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static List<LogRow> rows(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      return LogRows.all(row);
    }
  }
}
