package io.millrace.cdc.position;

import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.internal.Check;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps positions in the table {@code millrace_position} of a PostgreSQL, MySQL or MariaDB
 * database.
 *
 * <p>The table is made when it is missing, in the connection's schema or database. Leases are
 * measured by the database's clock, and every write holds the row's lock and compares the token, so
 * an owner that was paused saves nothing. Each call takes a connection, ends its own transaction
 * and gives the connection back. Safe for use by several threads.
 */
public final class JdbcPositions implements PositionStore {
  private static final String COLUMNS =
      "format, token, owner, lease_until, position_kind, position_format, position_text, epoch,"
          + " saved_at";

  private final DataSource dataSource;
  private final PositionTransactions transactions;

  private JdbcPositions(DataSource dataSource) {
    this.dataSource = dataSource;
    this.transactions = new PositionTransactions(dataSource);
  }

  /**
   * A store in the database; nothing is connected before the first use, and closing it closes
   * nothing.
   */
  public static JdbcPositions in(DataSource dataSource) {
    return new JdbcPositions(Check.notNull(dataSource, "dataSource"));
  }

  @Override
  public String describe() {
    return "table millrace_position of " + dataSource.getClass().getSimpleName();
  }

  @Override
  public Optional<Lease> acquire(String pipeline, String owner, Duration duration) {
    return transactions.run(
        pipeline,
        (connection, dialect) -> {
          long now = now(connection, dialect);
          PositionRecord record = lock(connection, pipeline);
          if (record == null) {
            PositionRecord first =
                new PositionRecord(1, owner, now + duration.toMillis(), null, 0, 0);
            insert(connection, pipeline, first);
            return Optional.of(lease(pipeline, first));
          }
          if (record.leaseUntilMillis() > now) {
            return Optional.empty();
          }
          PositionRecord taken = record.taken(owner, now + duration.toMillis());
          update(connection, pipeline, taken);
          return Optional.of(lease(pipeline, taken));
        });
  }

  @Override
  public Lease renew(Lease lease, Duration duration) {
    return transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          PositionRecord renewed =
              owned(connection, lease).until(now(connection, dialect) + duration.toMillis());
          update(connection, lease.pipeline(), renewed);
          return lease(lease.pipeline(), renewed);
        });
  }

  @Override
  public void release(Lease lease) {
    transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          PositionRecord record = lock(connection, lease.pipeline());
          if (record != null && record.token() == lease.token()) {
            update(connection, lease.pipeline(), record.until(0));
          }
          return lease;
        });
  }

  @Override
  public Optional<StoredPosition> load(Lease lease) {
    return transactions.run(
        lease.pipeline(), (connection, dialect) -> owned(connection, lease).stored());
  }

  @Override
  public void save(Lease lease, Optional<Position> position, long epoch) {
    transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          PositionRecord record = owned(connection, lease);
          long now = now(connection, dialect);
          update(connection, lease.pipeline(), record.saved(position.orElse(null), epoch, now));
          return lease;
        });
  }

  @Override
  public void close() {
    // Connections are held only within a call; the data source is its owner's.
  }

  private PositionRecord owned(Connection connection, Lease lease) throws SQLException {
    PositionRecord record = lock(connection, lease.pipeline());
    if (record == null || record.token() != lease.token()) {
      throw new FencedException(
          "Pipeline '%s' of %s (token %s) was taken over: %s holds %s."
              .formatted(
                  lease.pipeline(),
                  lease.owner(),
                  lease.token(),
                  describe(),
                  record == null
                      ? "nothing about it any more"
                      : "token " + record.token() + " of " + record.owner()));
    }
    return record;
  }

  private static long now(Connection connection, PositionDialect dialect) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select " + dialect.nowMillis())) {
      result.next();
      return result.getLong(1);
    }
  }

  private @Nullable PositionRecord lock(Connection connection, String pipeline)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select " + COLUMNS + " from millrace_position where pipeline = ? for update")) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        PositionRecord.checkFormat(row.getInt(1), describe(), pipeline);
        String kind = row.getString(5);
        return new PositionRecord(
            row.getLong(2),
            row.getString(3),
            row.getLong(4),
            kind == null ? null : new Position(kind, row.getInt(6), row.getString(7)),
            row.getLong(8),
            row.getLong(9));
      }
    }
  }

  private static void insert(Connection connection, String pipeline, PositionRecord record)
      throws SQLException {
    write(
        connection,
        "insert into millrace_position ("
            + COLUMNS
            + ", pipeline) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        pipeline,
        record);
  }

  private static void update(Connection connection, String pipeline, PositionRecord record)
      throws SQLException {
    write(
        connection,
        "update millrace_position set format = ?, token = ?, owner = ?, lease_until = ?,"
            + " position_kind = ?, position_format = ?, position_text = ?, epoch = ?, saved_at = ?"
            + " where pipeline = ?",
        pipeline,
        record);
  }

  private static void write(
      Connection connection, String sql, String pipeline, PositionRecord record)
      throws SQLException {
    Position position = record.position();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, PositionRecord.FORMAT);
      statement.setLong(2, record.token());
      statement.setString(3, record.owner());
      statement.setLong(4, record.leaseUntilMillis());
      statement.setString(5, position == null ? null : position.kind());
      statement.setObject(6, position == null ? null : position.format(), Types.INTEGER);
      statement.setString(7, position == null ? null : position.text());
      statement.setLong(8, record.epoch());
      statement.setLong(9, record.savedAtMillis());
      statement.setString(10, pipeline);
      statement.executeUpdate();
    }
  }

  private static Lease lease(String pipeline, PositionRecord record) {
    return new Lease(
        pipeline, record.owner(), record.token(), Instant.ofEpochMilli(record.leaseUntilMillis()));
  }
}
