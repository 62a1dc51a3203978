package io.millrace.cdc.position;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Connections;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

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
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final String dataSourceName;
  private final PositionTransactions transactions;
  private final PositionRows rows;
  private final JdbcUnpublished unpublished;
  private final JdbcGaps gaps;

  private JdbcPositions(DataSource dataSource, Duration timeout) {
    this.dataSourceName = dataSource.getClass().getSimpleName();
    Connections connections = new Connections(dataSource, timeout);
    this.transactions = new PositionTransactions(connections, PositionDialect.POSITION);
    this.rows = new PositionRows(describe());
    this.unpublished = new JdbcUnpublished(connections, rows);
    this.gaps = new JdbcGaps(connections, rows);
  }

  /**
   * A store in the database; nothing is connected before the first use, and closing it closes
   * nothing.
   */
  public static JdbcPositions in(DataSource dataSource) {
    return in(dataSource, TIMEOUT);
  }

  /**
   * A store in the database.
   *
   * @param timeout how long to wait for a connection, and for each answer, before the store counts
   *     as away; 1 ms to 1 day, default 10 s. The server ends a session that says nothing within a
   *     transaction for as long.
   */
  public static JdbcPositions in(DataSource dataSource, Duration timeout) {
    return new JdbcPositions(
        Check.notNull(dataSource, "dataSource"), Connections.checkLimit(timeout));
  }

  @Override
  public String describe() {
    return "table millrace_position of " + dataSourceName;
  }

  @Override
  public Optional<Lease> acquire(String pipeline, String owner, Duration duration) {
    return transactions.run(
        pipeline,
        (connection, dialect) -> {
          long now = rows.now(connection, dialect);
          PositionRecord record = rows.lock(connection, pipeline);
          if (record == null) {
            PositionRecord first =
                new PositionRecord(1, owner, now + duration.toMillis(), null, 0, 0, List.of());
            rows.insert(connection, pipeline, first);
            return Optional.of(lease(pipeline, first));
          }
          if (record.leaseUntilMillis() > now) {
            return Optional.empty();
          }
          PositionRecord taken = record.taken(owner, now + duration.toMillis());
          rows.update(connection, pipeline, taken);
          return Optional.of(lease(pipeline, taken));
        });
  }

  @Override
  public Lease renew(Lease lease, Duration duration) {
    return transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          PositionRecord renewed =
              rows.owned(connection, lease)
                  .until(rows.now(connection, dialect) + duration.toMillis());
          rows.update(connection, lease.pipeline(), renewed);
          return lease(lease.pipeline(), renewed);
        });
  }

  @Override
  public void release(Lease lease) {
    transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          PositionRecord record = rows.lock(connection, lease.pipeline());
          if (record != null && record.token() == lease.token()) {
            rows.update(connection, lease.pipeline(), record.until(0));
          }
          return lease;
        });
  }

  @Override
  public Optional<StoredPosition> load(Lease lease) {
    return transactions.run(
        lease.pipeline(), (connection, dialect) -> rows.owned(connection, lease).stored());
  }

  @Override
  public void save(Lease lease, Optional<Position> position, long epoch) {
    transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          rows.save(connection, dialect, lease, position, epoch);
          return lease;
        });
  }

  /** In the table {@code millrace_gap}, which is made at the first use. */
  @Override
  public void saveAfter(Lease lease, AcceptedGap gap) {
    gaps.save(lease, gap);
  }

  @Override
  public List<AcceptedGap> gaps(Lease lease) {
    return gaps.all(lease);
  }

  /** In the table {@code millrace_unpublished}, which is made at the first use. */
  @Override
  public Optional<UnpublishedEvents> unpublished() {
    return Optional.of(unpublished);
  }

  @Override
  public void close() {
    // Connections are held only within a call; the data source is its owner's.
  }

  private static Lease lease(String pipeline, PositionRecord record) {
    return new Lease(
        pipeline, record.owner(), record.token(), Instant.ofEpochMilli(record.leaseUntilMillis()));
  }
}
