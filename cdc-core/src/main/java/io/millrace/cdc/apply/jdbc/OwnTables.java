package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldCount;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.StoredOffset;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Statements for this library's own tables: offsets, ledger, held events. */
final class OwnTables {
  /** Plain names of all of them. */
  static final List<String> NAMES =
      List.of("ledger", "applier_offset", "held", "applier_heartbeat");

  private static final int FORMAT = 1;
  private static final int DELETED = 2;
  private static final int KEYS_PER_STATEMENT = 1000;

  private final String applier;
  private final Connection connection;
  private final SqlDialect dialect;
  private final String ledger;
  private final String offset;
  private final String held;

  OwnTables(String applier, Connection connection, SqlDialect dialect) {
    this.applier = applier;
    this.connection = connection;
    this.dialect = dialect;
    this.ledger = dialect.ownTable("ledger");
    this.offset = dialect.ownTable("applier_offset");
    this.held = dialect.ownTable("held");
  }

  Map<Integer, StoredOffset> offsets(Channel channel) throws SQLException {
    Map<Integer, StoredOffset> offsets = new HashMap<>();
    String sql =
        "SELECT partition_no, next_offset, incarnation, partitions, format FROM "
            + offset
            + " WHERE applier = ? AND transport = ? AND channel = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier, channel.transport(), channel.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          checkFormat(offset, rows.getInt(5));
          offsets.put(
              rows.getInt(1),
              new StoredOffset(rows.getLong(2), dialect.readText(rows, 3), rows.getInt(4)));
        }
      }
    }
    return offsets;
  }

  void advance(Channel channel, Collection<OffsetStep> steps) throws SQLException {
    List<OffsetStep> ordered = new ArrayList<>(steps);
    ordered.sort(Comparator.comparingInt(OffsetStep::partition));
    for (OffsetStep step : ordered) {
      Long expected = step.expected();
      int moved =
          expected == null ? insertOffset(channel, step) : updateOffset(channel, step, expected);
      if (moved != 1) {
        throw new FencedException(
            "Applier '%s' expected offset %s of partition %s of '%s' but the target has another: another instance owns the partition now."
                .formatted(
                    applier,
                    expected == null ? "none" : expected,
                    step.partition(),
                    channel.name()));
      }
    }
  }

  private int insertOffset(Channel channel, OffsetStep step) throws SQLException {
    String sql =
        "INSERT INTO "
            + offset
            + " (next_offset, incarnation, partitions, format, applier, transport, channel, partition_no) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, step.next());
      dialect.bindText(statement, 2, channel.incarnation());
      statement.setInt(3, channel.partitions());
      statement.setInt(4, FORMAT);
      texts(statement, 5, applier, channel.transport(), channel.name());
      statement.setInt(8, step.partition());
      return statement.executeUpdate();
    } catch (SQLException e) {
      if (dialect.classify(e) != SqlDialect.Failure.RETRY) {
        return 0; // it is there already: somebody else began
      }
      throw e;
    }
  }

  private int updateOffset(Channel channel, OffsetStep step, long expected) throws SQLException {
    String sql =
        "UPDATE "
            + offset
            + " SET next_offset = ?, updated_at = CURRENT_TIMESTAMP WHERE applier = ? AND transport = ? AND channel = ? AND partition_no = ?"
            + " AND next_offset = ? AND incarnation = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, step.next());
      texts(statement, 2, applier, channel.transport(), channel.name());
      statement.setInt(5, step.partition());
      statement.setLong(6, expected);
      dialect.bindText(statement, 7, channel.incarnation());
      return statement.executeUpdate();
    }
  }

  List<LedgerEntry> ledger(Collection<EntityKey> keys) throws SQLException {
    List<LedgerEntry> entries = new ArrayList<>();
    for (Map.Entry<String, List<EntityKey>> byEntity : byEntity(keys).entrySet()) {
      for (List<EntityKey> chunk : Sql.chunks(byEntity.getValue(), KEYS_PER_STATEMENT)) {
        String sql =
            "SELECT id, log, version, state, shadow, hops, format FROM "
                + ledger
                + " WHERE applier = ? AND entity = ? AND id "
                + dialect.anyText(chunk.size());
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          bindIds(statement, byEntity.getKey(), chunk);
          try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              checkFormat(ledger, rows.getInt(7));
              entries.add(
                  new LedgerEntry(
                      new EntityKey(byEntity.getKey(), dialect.readText(rows, 1)),
                      dialect.readText(rows, 2),
                      rows.getBytes(3),
                      rows.getInt(4) == DELETED,
                      rows.getBytes(5),
                      rows.getInt(6)));
            }
          }
        }
      }
    }
    return entries;
  }

  /**
   * Every transaction of an applier moves an offset before it does anything else. Only the very
   * first of a partition cannot be waited for, whose offset nobody sees yet.
   */
  private void awaitOthers() throws SQLException {
    String sql =
        "SELECT partition_no FROM "
            + offset
            + " WHERE applier = ? ORDER BY transport, channel, partition_no FOR UPDATE";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier);
      statement.executeQuery().close();
    }
  }

  boolean knowsLater(String entity, String log, byte[] version) throws SQLException {
    awaitOthers();
    String sql =
        "SELECT count(*) FROM "
            + ledger
            + " WHERE applier = ? AND entity = ? AND log = ? AND version > ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier, entity, log);
      statement.setBytes(4, version);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() && rows.getLong(1) > 0;
      }
    }
  }

  void updateShadows(List<LedgerEntry> entries) throws SQLException {
    String sql =
        "UPDATE "
            + ledger
            + " SET shadow = ? WHERE applier = ? AND entity = ? AND id = ? AND log = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (LedgerEntry entry : entries) {
        statement.setBytes(1, entry.shadow());
        texts(statement, 2, applier, entry.key().entity(), entry.key().id(), entry.log());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  Set<EntityKey> held(Collection<EntityKey> keys) throws SQLException {
    Set<EntityKey> found = new HashSet<>();
    for (Map.Entry<String, List<EntityKey>> byEntity : byEntity(keys).entrySet()) {
      for (List<EntityKey> chunk : Sql.chunks(byEntity.getValue(), KEYS_PER_STATEMENT)) {
        String sql =
            "SELECT DISTINCT id FROM "
                + held
                + " WHERE applier = ? AND entity = ? AND id "
                + dialect.anyText(chunk.size());
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          bindIds(statement, byEntity.getKey(), chunk);
          try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              found.add(new EntityKey(byEntity.getKey(), dialect.readText(rows, 1)));
            }
          }
        }
      }
    }
    return found;
  }

  void hold(List<HeldEvent> events) throws SQLException {
    String sql =
        "INSERT INTO "
            + held
            + " (applier, entity, id, partition_no, delivery_offset, routing_key, body, headers, error, attempts, held_since, parked, format)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (HeldEvent event : events) {
        Delivery delivery = event.delivery();
        texts(statement, 1, applier, event.key().entity(), event.key().id());
        statement.setInt(4, delivery.partition());
        statement.setLong(5, delivery.offset());
        dialect.bindText(statement, 6, delivery.routingKey());
        statement.setBytes(7, delivery.event().body());
        statement.setBytes(8, HeaderBytes.encode(delivery.event().headers()));
        dialect.bindText(statement, 9, event.error());
        statement.setInt(10, event.attempts());
        statement.setLong(11, event.heldSinceMillis());
        statement.setInt(12, event.parked() ? 1 : 0);
        statement.setInt(13, FORMAT);
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  List<HeldEvent> heldEvents(EntityKey key) throws SQLException {
    String sql =
        "SELECT partition_no, delivery_offset, routing_key, body, headers, error, attempts, held_since, parked, format FROM "
            + held
            + " WHERE applier = ? AND entity = ? AND id = ? ORDER BY delivery_offset";
    List<HeldEvent> events = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier, key.entity(), key.id());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          checkFormat(held, rows.getInt(10));
          Encoded event = new Encoded(rows.getBytes(4), HeaderBytes.decode(rows.getBytes(5)));
          Delivery delivery =
              new Delivery(rows.getInt(1), rows.getLong(2), dialect.readText(rows, 3), event);
          events.add(
              new HeldEvent(
                  key,
                  delivery,
                  dialect.readText(rows, 6),
                  rows.getInt(7),
                  rows.getLong(8),
                  rows.getInt(9) != 0));
        }
      }
    }
    return events;
  }

  void release(EntityKey key, long upToOffset) throws SQLException {
    String sql =
        "DELETE FROM "
            + held
            + " WHERE applier = ? AND entity = ? AND id = ? AND delivery_offset <= ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier, key.entity(), key.id());
      statement.setLong(4, upToOffset);
      statement.executeUpdate();
    }
  }

  /** Removes one waiting event; false where it is gone. */
  boolean take(EntityKey key, long offset) throws SQLException {
    String sql =
        "DELETE FROM "
            + held
            + " WHERE applier = ? AND entity = ? AND id = ? AND delivery_offset = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier, key.entity(), key.id());
      statement.setLong(4, offset);
      return statement.executeUpdate() == 1;
    }
  }

  void retried(EntityKey key, String error, int attempts, boolean parked) throws SQLException {
    String sql =
        "UPDATE "
            + held
            + " SET error = ?, attempts = ?, parked = ? WHERE applier = ? AND entity = ? AND id = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      dialect.bindText(statement, 1, error);
      statement.setInt(2, attempts);
      statement.setInt(3, parked ? 1 : 0);
      texts(statement, 4, applier, key.entity(), key.id());
      statement.executeUpdate();
    }
  }

  List<HeldKey> heldKeys(int limit, boolean parkedToo) throws SQLException {
    String sql =
        "SELECT h.entity, h.id, h.partition_no, h.delivery_offset, g.events, h.held_since, h.attempts, h.error, h.parked FROM "
            + held
            + " h JOIN (SELECT entity, id, min(delivery_offset) AS first_offset, count(*) AS events FROM "
            + held
            + " WHERE applier = ?"
            + " GROUP BY entity, id"
            + (parkedToo ? "" : " HAVING max(parked) = 0")
            + ") g ON h.entity = g.entity AND h.id = g.id AND h.delivery_offset = g.first_offset"
            + " WHERE h.applier = ? ORDER BY "
            + (parkedToo ? "" : "h.attempts, ")
            + "h.held_since, h.delivery_offset LIMIT "
            + limit;
    List<HeldKey> keys = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      texts(statement, 1, applier, applier);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          keys.add(
              new HeldKey(
                  new EntityKey(dialect.readText(rows, 1), dialect.readText(rows, 2)),
                  rows.getInt(3),
                  rows.getLong(4),
                  rows.getLong(5),
                  Instant.ofEpochMilli(rows.getLong(6)),
                  rows.getInt(7),
                  dialect.readText(rows, 8),
                  rows.getInt(9) != 0));
        }
      }
    }
    return keys;
  }

  HeldCount heldCount() throws SQLException {
    String sql =
        "SELECT count(*), coalesce(sum(events), 0), coalesce(sum(parked), 0) FROM (SELECT count(*) AS events, max(parked) AS parked FROM "
            + held
            + " WHERE applier = ? GROUP BY entity, id) k";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      dialect.bindText(statement, 1, applier);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return new HeldCount(rows.getLong(2), rows.getLong(3));
      }
    }
  }

  private static Map<String, List<EntityKey>> byEntity(Collection<EntityKey> keys) {
    Map<String, List<EntityKey>> byEntity = new LinkedHashMap<>();
    keys.forEach(key -> byEntity.computeIfAbsent(key.entity(), e -> new ArrayList<>()).add(key));
    return byEntity;
  }

  private void bindIds(PreparedStatement statement, String entity, List<EntityKey> keys)
      throws SQLException {
    texts(statement, 1, applier, entity);
    dialect.bindAnyText(statement, 3, keys.stream().map(EntityKey::id).toList());
  }

  private void texts(PreparedStatement statement, int from, String... texts) throws SQLException {
    for (int i = 0; i < texts.length; i++) {
      dialect.bindText(statement, from + i, texts[i]);
    }
  }

  private static void checkFormat(String table, int format) {
    if (format != FORMAT) {
      throw new ApplyException(
          "Table %s has a row of format %s; this release reads format %s. Run the release that wrote it, or a newer one."
              .formatted(table, format, FORMAT));
    }
  }
}
