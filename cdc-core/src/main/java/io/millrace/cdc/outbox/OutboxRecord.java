package io.millrace.cdc.outbox;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.internal.Check;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;

/**
 * The form in which an appended event is kept in the database: the contract's own bytes, with the
 * log and the version left to the reader. For the modules that implement an {@link Outbox}.
 */
public final class OutboxRecord {
  private static final String UNKNOWN = "?";
  private static final Version NONE = Version.of(0, new byte[0]);
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
   * Called before an event is appended over JDBC.
   *
   * @throws IllegalStateException where the connection is in auto-commit mode
   */
  public static void requireTransaction(Connection connection, EntityEvent event)
      throws SQLException {
    Check.state(
        !connection.getAutoCommit(),
        "no transaction is open: %s would be kept although the change may never be. Call setAutoCommit(false), or take the connection of"
            + " the transaction manager's transaction, and append after the entity's row was written",
        event);
  }

  /**
   * A builder with what was kept; the reader adds service, log, version, transaction and hops.
   * Fails with {@link io.millrace.cdc.error.EventException} where the bytes are of a newer release.
   */
  public static ChangeEvent.Builder event(byte[] bytes) {
    return CODEC.decode(new Encoded(bytes, HEADERS)).toBuilder();
  }
}
