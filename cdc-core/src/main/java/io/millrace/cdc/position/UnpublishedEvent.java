package io.millrace.cdc.position;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.internal.Check;

/**
 * An event that is held at publishing.
 *
 * @param routingKey what it is ordered by; events of one routing key wait in order
 * @param what entity, id and version, for people
 * @param error why it could not be published, or behind what it waits
 * @param cause what kind of reason that is
 * @param event what is published once it can be; in which form says the cause
 */
public record UnpublishedEvent(
    String routingKey, String what, String error, Cause cause, Encoded event) {
  /** Why an event is held. */
  public enum Cause {
    /**
     * The transport cannot carry it, or it waits behind one of its routing key. It is kept in the
     * form of the pipeline's codec.
     */
    TRANSPORT,
    /** The codec cannot express it. It is kept in the form of {@code ProtobufCodec}. */
    CODEC,
    /**
     * It has passed as many sites as the pipeline allows. It is kept in the form of {@code
     * ProtobufCodec}, and published on request only.
     */
    HOP_LIMIT
  }

  /** Checks that nothing is missing. */
  public UnpublishedEvent {
    Check.notNull(routingKey, "routingKey");
    Check.notNull(what, "what");
    Check.notNull(error, "error");
    Check.notNull(cause, "cause");
    Check.notNull(event, "event");
  }

  /** One that the transport cannot carry, or that waits behind another. */
  public UnpublishedEvent(String routingKey, String what, String error, Encoded event) {
    this(routingKey, what, error, Cause.TRANSPORT, event);
  }

  /** Bytes that limits count. */
  public int size() {
    return event.size();
  }
}
