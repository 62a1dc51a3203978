package io.millrace.cdc.position;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.internal.Connections;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The table {@code millrace_unpublished}. Every call locks the pipeline's row of {@code
 * millrace_position} first and compares the token, so places are given out by one owner at a time.
 * The table is made when the first event is held: reading works without it.
 */
final class JdbcUnpublished implements UnpublishedEvents {

  private final PositionTransactions transactions;
  private final PositionRows rows;

  JdbcUnpublished(Connections connections, PositionRows rows) {
    this.transactions = new PositionTransactions(connections, PositionDialect.UNPUBLISHED);
    this.rows = rows;
  }

  @Override
  public void save(
      Lease lease, Optional<Position> position, long epoch, List<UnpublishedEvent> events) {
    transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          rows.save(connection, dialect, lease, position, epoch);
          insert(connection, lease.pipeline(), events, rows.now(connection, dialect));
          return lease;
        });
  }

  private static void insert(
      Connection connection, String pipeline, List<UnpublishedEvent> events, long now)
      throws SQLException {
    long place = last(connection, pipeline);
    try (PreparedStatement statement =
        connection.prepareStatement(
            "insert into millrace_unpublished (pipeline, place, format, routing_key, what, error,"
                + " held_at, size, headers, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      for (UnpublishedEvent event : events) {
        place++;
        statement.setString(1, pipeline);
        statement.setLong(2, place);
        statement.setInt(3, UnpublishedBytes.format(event));
        statement.setBytes(4, utf8(event.routingKey()));
        statement.setString(5, printable(event.what()));
        statement.setString(6, printable(event.error()));
        statement.setLong(7, now);
        statement.setLong(8, event.size());
        statement.setBytes(9, UnpublishedBytes.headers(event));
        statement.setBytes(10, event.event().body());
        // One by one: a batch of large events would not fit into one packet.
        statement.executeUpdate();
      }
    }
  }

  private static long last(Connection connection, String pipeline) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select coalesce(max(place), 0) from millrace_unpublished where pipeline = ?")) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  @Override
  public List<UnpublishedKey> keys(Lease lease) {
    return transactions.runIfThere(
        lease.pipeline(),
        List.of(),
        (connection, dialect) -> {
          rows.owned(connection, lease);
          Map<String, UnpublishedKey> keys = new LinkedHashMap<>();
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "select format, routing_key, size, held_at, what, error from millrace_unpublished"
                      + " where pipeline = ? order by place")) {
            statement.setString(1, lease.pipeline());
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                UnpublishedBytes.checkFormat(
                    row.getInt(1), "millrace_unpublished", lease.pipeline());
                String key = new String(row.getBytes(2), StandardCharsets.UTF_8);
                keys.merge(
                    key,
                    new UnpublishedKey(
                        key,
                        1,
                        row.getLong(3),
                        Instant.ofEpochMilli(row.getLong(4)),
                        row.getString(5),
                        row.getString(6)),
                    UnpublishedKey::and);
              }
            }
          }
          return new ArrayList<>(keys.values());
        });
  }

  @Override
  public Optional<Waiting> next(Lease lease, String routingKey, long after) {
    return transactions.runIfThere(
        lease.pipeline(),
        Optional.empty(),
        (connection, dialect) -> {
          rows.owned(connection, lease);
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "select format, place, what, error, headers, body from millrace_unpublished"
                      + " where pipeline = ? and routing_key = ? and place > ?"
                      + " order by place limit 1")) {
            statement.setString(1, lease.pipeline());
            statement.setBytes(2, utf8(routingKey));
            statement.setLong(3, after);
            try (ResultSet row = statement.executeQuery()) {
              if (!row.next()) {
                return Optional.empty();
              }
              UnpublishedBytes.checkFormat(row.getInt(1), "millrace_unpublished", lease.pipeline());
              return Optional.of(new Waiting(row.getLong(2), event(routingKey, row)));
            }
          }
        });
  }

  private static UnpublishedEvent event(String routingKey, ResultSet row) throws SQLException {
    Encoded body = new Encoded(row.getBytes(6), Map.of());
    return UnpublishedBytes.with(
        row.getBytes(5),
        row.getInt(1),
        new UnpublishedEvent(routingKey, row.getString(3), row.getString(4), body));
  }

  @Override
  public void release(Lease lease, String routingKey, long upTo) {
    transactions.runIfThere(
        lease.pipeline(),
        lease,
        (connection, dialect) -> {
          rows.owned(connection, lease);
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "delete from millrace_unpublished where pipeline = ? and routing_key = ?"
                      + " and place <= ?")) {
            statement.setString(1, lease.pipeline());
            statement.setBytes(2, utf8(routingKey));
            statement.setLong(3, upTo);
            statement.executeUpdate();
          }
          return lease;
        });
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** PostgreSQL's text takes no zero character; these two are for people only. */
  private static String printable(String text) {
    return text.replace('\0', '\uFFFD');
  }
}
