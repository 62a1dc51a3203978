package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.LedgerStretch;
import io.millrace.cdc.apply.SeenHeartbeat;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.transport.Channel;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes the ledger rows of deleted keys that no older event can come for any more; the rule
 * stands in docs/adr/0010. Also keeps what heartbeats say, on which the rule rests.
 */
final class LedgerCleanup {
  private static final int FORMAT = 1;
  private static final int DELETED = 2;
  private static final int ROWS_PER_STEP = 1_000;

  private final String applier;
  private final Connection connection;
  private final SqlDialect dialect;
  private final OwnTables own;
  private final String ledger;
  private final String heartbeats;

  LedgerCleanup(String applier, Connection connection, SqlDialect dialect, OwnTables own) {
    this.applier = applier;
    this.connection = connection;
    this.dialect = dialect;
    this.own = own;
    this.ledger = dialect.ownTable("ledger");
    this.heartbeats = dialect.ownTable("applier_heartbeat");
  }

  /** Up to where every pipeline of a log has passed, seen through every partition. */
  private record Passed(byte[] version, Instant at) {
    Passed least(Passed other) {
      return new Passed(
          Arrays.compareUnsigned(version, other.version) <= 0 ? version : other.version,
          at.isBefore(other.at) ? at : other.at);
    }
  }

  private record Row(String log, byte[] version, boolean deleted, Instant appliedAt, long mark) {}

  /** Notes the last heartbeat of each log and partition; the partitions' offsets are locked. */
  void heard(Channel channel, List<SeenHeartbeat> seen) throws SQLException {
    Map<String, SeenHeartbeat> last = new LinkedHashMap<>();
    seen.forEach(h -> last.put(h.partition() + "/" + h.log(), h));
    for (SeenHeartbeat heartbeat : last.values()) {
      if (note(update(), channel, heartbeat) == 0) {
        note(insert(), channel, heartbeat);
      }
    }
  }

  private String update() {
    return "UPDATE "
        + heartbeats
        + " SET written_at = ?, acknowledged = ?, acknowledged_at = ?, format = ?"
        + " WHERE applier = ? AND transport = ? AND channel = ? AND log = ? AND partition_no = ?";
  }

  private String insert() {
    return "INSERT INTO "
        + heartbeats
        + " (written_at, acknowledged, acknowledged_at, format, applier, transport, channel, log, partition_no)"
        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
  }

  private int note(String sql, Channel channel, SeenHeartbeat seen) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, micros(seen.heartbeat().writtenAt()));
      Optional<Heartbeat.Mark> mark = seen.heartbeat().acknowledged();
      if (mark.isPresent()) {
        statement.setBytes(2, mark.get().version().toBytes());
        statement.setLong(3, micros(mark.get().writtenAt()));
      } else {
        statement.setNull(2, Types.VARBINARY);
        statement.setNull(3, Types.BIGINT);
      }
      statement.setInt(4, FORMAT);
      dialect.bindText(statement, 5, applier);
      dialect.bindText(statement, 6, channel.transport());
      dialect.bindText(statement, 7, channel.name());
      dialect.bindText(statement, 8, seen.log());
      statement.setInt(9, seen.partition());
      return statement.executeUpdate();
    }
  }

  /** One step, in the transaction that is open. */
  LedgerStretch step(Channel channel, @Nullable EntityKey from, Duration retention, Instant now)
      throws SQLException {
    Map<String, Passed> passed = passed(channel);
    String entity = from == null ? nextEntity("") : from.entity();
    if (passed.isEmpty() || entity == null) {
      return LedgerStretch.end();
    }
    Map<EntityKey, List<Row>> keys = new LinkedHashMap<>();
    int rows = read(entity, from == null ? null : from.id(), keys);
    EntityKey last = lastOf(keys);
    if (rows == ROWS_PER_STEP && keys.size() > 1) {
      keys.remove(last); // some of its rows may come after
      last = lastOf(keys);
    }
    int removed = remove(entity, judged(keys, passed, retention, now));
    if (rows == ROWS_PER_STEP && last != null) {
      return new LedgerStretch(removed, Optional.of(last));
    }
    String next = nextEntity(entity);
    return new LedgerStretch(
        removed, next == null ? Optional.empty() : Optional.of(new EntityKey(next, "")));
  }

  private static @Nullable EntityKey lastOf(Map<EntityKey, List<Row>> keys) {
    EntityKey last = null;
    for (EntityKey key : keys.keySet()) {
      last = key;
    }
    return last;
  }

  /** By log, where every partition has been heard of and all of them say something. */
  private Map<String, Passed> passed(Channel channel) throws SQLException {
    Map<String, Passed> passed = new HashMap<>();
    Map<String, Integer> partitions = new HashMap<>();
    String sql =
        "SELECT log, acknowledged, acknowledged_at FROM "
            + heartbeats
            + " WHERE applier = ? AND transport = ? AND channel = ? AND acknowledged IS NOT NULL AND format = "
            + FORMAT;
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      dialect.bindText(query, 1, applier);
      dialect.bindText(query, 2, channel.transport());
      dialect.bindText(query, 3, channel.name());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          String log = dialect.readText(rows, 1);
          Passed here = new Passed(rows.getBytes(2), instant(rows.getLong(3)));
          passed.merge(log, here, Passed::least);
          partitions.merge(log, 1, Integer::sum);
        }
      }
    }
    passed.keySet().removeIf(log -> partitions.getOrDefault(log, 0) != channel.partitions());
    return passed;
  }

  private @Nullable String nextEntity(String after) throws SQLException {
    String sql =
        "SELECT entity FROM "
            + ledger
            + " WHERE applier = ? AND entity > ? ORDER BY entity LIMIT 1";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      dialect.bindText(query, 1, applier);
      dialect.bindText(query, 2, after);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? dialect.readText(row, 1) : null;
      }
    }
  }

  /** Reads a stretch in the order of the primary key, which holds however many rows live. */
  private int read(String entity, @Nullable String afterId, Map<EntityKey, List<Row>> keys)
      throws SQLException {
    String sql =
        "SELECT id, log, version, state, "
            + dialect.epochMicros("applied_at")
            + ", mark FROM "
            + ledger
            + " WHERE applier = ? AND entity = ? AND id "
            + (afterId == null || afterId.isEmpty() ? ">=" : ">")
            + " ? ORDER BY id, log LIMIT "
            + ROWS_PER_STEP;
    int read = 0;
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      dialect.bindText(query, 1, applier);
      dialect.bindText(query, 2, entity);
      dialect.bindText(query, 3, afterId == null ? "" : afterId);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          read++;
          keys.computeIfAbsent(
                  new EntityKey(entity, dialect.readText(rows, 1)), k -> new ArrayList<>(3))
              .add(
                  new Row(
                      dialect.readText(rows, 2),
                      rows.getBytes(3),
                      rows.getInt(4) == DELETED,
                      instant(rows.getLong(5)),
                      rows.getLong(6)));
        }
      }
    }
    return read;
  }

  /** The keys that may go, held ones not among them. */
  private Map<EntityKey, List<Row>> judged(
      Map<EntityKey, List<Row>> keys, Map<String, Passed> passed, Duration retention, Instant now)
      throws SQLException {
    Map<EntityKey, List<Row>> going = new LinkedHashMap<>();
    for (Map.Entry<EntityKey, List<Row>> key : keys.entrySet()) {
      if (isDeleted(key.getValue())
          && key.getValue().stream().allMatch(row -> isPast(row, passed, retention, now))) {
        going.put(key.getKey(), key.getValue());
      }
    }
    if (!going.isEmpty()) {
      going.keySet().removeAll(own.held(List.copyOf(going.keySet())));
    }
    return going;
  }

  /** The fold decides where there is one: a log's last word may be older than another's delete. */
  private static boolean isDeleted(List<Row> rows) {
    for (Row row : rows) {
      if (row.log.equals(LedgerEntry.FOLD_LOG)) {
        return row.deleted;
      }
    }
    return rows.stream().allMatch(Row::deleted);
  }

  private static boolean isPast(
      Row row, Map<String, Passed> passed, Duration retention, Instant now) {
    if (!row.appliedAt.isBefore(now.minus(retention))) {
      return false;
    }
    if (row.log.equals(LedgerEntry.FOLD_LOG)) {
      return true;
    }
    Passed log = passed.get(row.log);
    return log != null
        && Arrays.compareUnsigned(row.version, log.version) <= 0
        && row.appliedAt.isBefore(log.at.minus(retention));
  }

  /** Removes what is still as it was judged, and what nobody else has locked: waits for nobody. */
  private int remove(String entity, Map<EntityKey, List<Row>> going) throws SQLException {
    if (going.isEmpty()) {
      return 0;
    }
    Map<EntityKey, Set<Long>> locked = lock(entity, List.copyOf(going.keySet()));
    String sql =
        "DELETE FROM "
            + ledger
            + " WHERE applier = ? AND entity = ? AND id = ? AND log = ? AND mark = ?";
    int removed = 0;
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      for (Map.Entry<EntityKey, List<Row>> key : going.entrySet()) {
        Set<Long> marks = locked.getOrDefault(key.getKey(), Set.of());
        if (!key.getValue().stream().allMatch(row -> marks.contains(row.mark))) {
          continue;
        }
        for (Row row : key.getValue()) {
          dialect.bindText(delete, 1, applier);
          dialect.bindText(delete, 2, entity);
          dialect.bindText(delete, 3, key.getKey().id());
          dialect.bindText(delete, 4, row.log);
          delete.setLong(5, row.mark);
          delete.addBatch();
          removed++;
        }
      }
      delete.executeBatch();
    }
    return removed;
  }

  private Map<EntityKey, Set<Long>> lock(String entity, List<EntityKey> keys) throws SQLException {
    String sql =
        "SELECT id, mark FROM "
            + ledger
            + " WHERE applier = ? AND entity = ? AND id "
            + dialect.anyText(keys.size())
            + " FOR UPDATE SKIP LOCKED";
    Map<EntityKey, Set<Long>> locked = new HashMap<>();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      dialect.bindText(query, 1, applier);
      dialect.bindText(query, 2, entity);
      dialect.bindAnyText(query, 3, keys.stream().map(EntityKey::id).toList());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          locked
              .computeIfAbsent(
                  new EntityKey(entity, dialect.readText(rows, 1)), k -> new HashSet<>())
              .add(rows.getLong(2));
        }
      }
    }
    return locked;
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
