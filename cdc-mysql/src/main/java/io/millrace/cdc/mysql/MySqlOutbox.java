package io.millrace.cdc.mysql;

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
import java.util.random.RandomGenerator;

/**
 * Sends events through the table {@code millrace_outbox} in the connection's own transaction: a row
 * is inserted and deleted again, both stand in the binary log, and the table stays empty. A {@link
 * MySqlSource} with {@link MySqlSource.Builder#outbox()} publishes them, between the captured
 * changes of the same transaction. For MySQL and MariaDB. Thread-safe.
 *
 * <p>The table must be there ({@link MySqlRegistration#install()} makes it), and the connection's
 * user needs {@code SELECT}, {@code INSERT} and {@code DELETE} on it. The session must log rows
 * ({@code binlog_format=ROW}), as for every captured table.
 */
public final class MySqlOutbox implements Outbox<Connection> {
  private static final int NO_TABLE = 1146;
  private static final int NO_GRANT = 1142;

  private final String table;
  private final CapturedStates captured;
  private final Clock clock;
  private final RandomGenerator random = Ambient.random();

  MySqlOutbox(String database, CapturedStates captured, Clock clock) {
    this.table = MySqlRegistration.quoted(database) + "." + OutboxTable.NAME;
    this.captured = captured;
    this.clock = clock;
  }

  /**
   * An outbox; {@link MySqlSource#outbox()} makes one that checks more.
   *
   * @param database where the table lies: the source's registration database
   */
  public static MySqlOutbox in(String database) {
    return in(database, Ambient.clock());
  }

  /** An outbox whose events are dated by a given clock. */
  public static MySqlOutbox in(String database, Clock clock) {
    return new MySqlOutbox(
        Check.notBlank(database, "database"), CapturedStates.none(), Check.notNull(clock, "clock"));
  }

  /**
   * Writes an event into the connection's transaction; two round trips.
   *
   * @param connection of any driver wrapper, pool or transaction manager, in a transaction
   * @throws IllegalArgumentException where it is a state of an entity that the source captures too
   * @throws IllegalStateException where no transaction is open
   * @throws SourceException where the server refuses it; the transaction is then to be rolled back
   */
  @Override
  public void append(Connection connection, EntityEvent event) {
    captured.check(event);
    // Drawn here, so that the application's LAST_INSERT_ID() stays its own.
    long id = random.nextLong();
    try {
      OutboxRecord.requireTransaction(connection, event);
      try (PreparedStatement insert =
          connection.prepareStatement("insert into " + table + " (id, event) values (?, ?)")) {
        insert.setLong(1, id);
        insert.setBytes(2, OutboxRecord.bytes(event, clock.instant()));
        insert.executeUpdate();
      }
      try (PreparedStatement delete =
          connection.prepareStatement("delete from " + table + " where id = ?")) {
        delete.setLong(1, id);
        delete.executeUpdate();
      }
    } catch (SQLException e) {
      throw new SourceException(
          event + " was not appended" + remedy(e) + ": " + e.getMessage(), e, mayPass(e));
    }
  }

  private String remedy(SQLException e) {
    return switch (e.getErrorCode()) {
      case NO_TABLE ->
          " (call outbox() on the source's builder, then registration().install(), or run registration().ddl())";
      case NO_GRANT -> " (GRANT SELECT, INSERT, DELETE ON " + table + " TO …)";
      default -> "";
    };
  }

  /** A deadlock, a lock not had in time, a connection that is gone. */
  private static boolean mayPass(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("40") || state.startsWith("08") || e.getErrorCode() == 1205;
  }
}
