package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.Outbox;
import io.millrace.cdc.outbox.OutboxRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;

/**
 * Keeps events in the change log of the connection's database, between the changes that triggers
 * log, in the connection's own transaction. A {@link PostgresSource} of the same database with
 * {@link PostgresSource.Builder#outbox()} publishes them. Thread-safe.
 *
 * <p>The change log must be installed ({@link PostgresChangeLog#install()}), and the connection's
 * user needs {@code USAGE} on schema {@code millrace} and {@code EXECUTE} on {@code
 * millrace.append(text, text, bytea)}; it needs nothing else of the log.
 *
 * <p>Until the transaction ends, append holds a lock on the event's entity and id. Transactions
 * that append events of several keys do so in one order, or the server ends one of them as a
 * deadlock.
 */
public final class PostgresOutbox implements Outbox<Connection> {
  private static final String FUNCTION = "millrace.append(text, text, bytea)";

  private final CapturedStates captured;
  private final Clock clock;

  PostgresOutbox(CapturedStates captured, Clock clock) {
    this.captured = captured;
    this.clock = clock;
  }

  /** An outbox for any database; {@link PostgresSource#outbox()} makes one that checks more. */
  public static PostgresOutbox create() {
    return create(Ambient.clock());
  }

  /** An outbox whose events are dated by a given clock. */
  public static PostgresOutbox create(Clock clock) {
    return new PostgresOutbox(CapturedStates.none(), Check.notNull(clock, "clock"));
  }

  /**
   * Writes an event into the connection's transaction; one round trip.
   *
   * @param connection of any driver wrapper, pool or transaction manager, in a transaction
   * @throws IllegalArgumentException where it is a state of an entity that the source captures too
   * @throws IllegalStateException where no transaction is open
   * @throws SourceException where the server refuses it; the transaction is then to be rolled back
   */
  @Override
  public void append(Connection connection, EntityEvent event) {
    captured.check(event);
    try {
      OutboxRecord.requireTransaction(connection, event);
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT millrace.append(?, ?, ?)")) {
        statement.setString(1, event.entity());
        statement.setString(2, event.id());
        statement.setBytes(3, OutboxRecord.bytes(event, clock.instant()));
        statement.execute();
      }
    } catch (SQLException e) {
      throw Sql.failure(event + " was not appended" + remedy(e), e);
    }
  }

  private static String remedy(SQLException e) {
    return switch (String.valueOf(e.getSQLState())) {
      case "42883", "3F000" ->
          " (there is no function "
              + FUNCTION
              + " in this database: run source.changeLog().install(), or the statements of source.changeLog().ddl())";
      case "42501" ->
          " (GRANT USAGE ON SCHEMA millrace TO …; GRANT EXECUTE ON FUNCTION "
              + FUNCTION
              + " TO …, for the user of this connection)";
      default -> "";
    };
  }
}
