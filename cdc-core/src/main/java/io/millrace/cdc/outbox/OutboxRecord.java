package io.millrace.cdc.outbox;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.internal.Check;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Map;

/**
 * The form in which an appended event is kept in the database: the contract's own bytes, with the
 * log and the version left to the reader. For the modules that implement an {@link Outbox}.
 */
public final class OutboxRecord {
  private static final String UNKNOWN = "?";
  private static final Version NONE = Version.of(0, new byte[0]);
  private static final String POSTGRES_NO_TRANSACTION = "25P01";
  private static final int MYSQL_NO_SAVEPOINT = 1305;
  private static final ProtobufCodec CODEC = ProtobufCodec.instance();

  private static final Map<String, String> HEADERS =
      Map.of(ProtobufCodec.CONTENT_TYPE_HEADER, CODEC.contentType());

  private OutboxRecord() {}

  /** The bytes to keep. */
  public static byte[] bytes(EntityEvent event, Instant at) {
    return CODEC
        .encode(
            ChangeEvent.builder()
                .entity(event.entity())
                .type(event.type())
                .id(event.id())
                .key(event.key())
                .oldValue(event.before())
                .newValue(event.after())
                .changedFields(event.changedFields())
                .routingKey(event.routingKey())
                .headers(event.headers())
                .changedAt(at)
                .source(UNKNOWN)
                .log(UNKNOWN)
                .version(NONE)
                .build())
        .body();
  }

  /**
   * Called before an event is appended over JDBC. Asks the server only where auto-commit is on.
   *
   * @throws IllegalStateException where no transaction is open
   */
  public static void requireTransaction(Connection connection, EntityEvent event)
      throws SQLException {
    Check.state(
        !connection.getAutoCommit() || isInTransaction(connection),
        "no transaction is open: %s would be kept although the change may never be. Call setAutoCommit(false), or take the connection of"
            + " the transaction manager's transaction, and append after the entity's row was written",
        event);
  }

  /**
   * A driver may report auto-commit in a transaction that a transaction manager began (XA), or a
   * statement; but only within one is there a savepoint to release.
   */
  private static boolean isInTransaction(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SAVEPOINT millrace_append");
      statement.execute("RELEASE SAVEPOINT millrace_append");
      return true;
    } catch (SQLException e) {
      if (POSTGRES_NO_TRANSACTION.equals(e.getSQLState())
          || e.getErrorCode() == MYSQL_NO_SAVEPOINT) {
        return false;
      }
      throw e;
    }
  }

  /**
   * A builder with what was kept; the reader adds service, log, version, transaction and hops.
   * Fails with {@link io.millrace.cdc.error.EventException} where the bytes are of a newer release.
   */
  public static ChangeEvent.Builder event(byte[] bytes) {
    return CODEC.decode(new Encoded(bytes, HEADERS)).toBuilder();
  }
}
