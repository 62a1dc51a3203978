package io.millrace.cdc.position;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.internal.Check;

/**
 * An event that is held at publishing.
 *
 * @param routingKey what it is ordered by; events of one routing key wait in order
 * @param what entity, id and version, for people
 * @param error why it could not be published, or behind what it waits
 * @param event what is published once it can be
 */
public record UnpublishedEvent(String routingKey, String what, String error, Encoded event) {
  /** Checks that nothing is missing. */
  public UnpublishedEvent {
    Check.notNull(routingKey, "routingKey");
    Check.notNull(what, "what");
    Check.notNull(error, "error");
    Check.notNull(event, "event");
  }

  /** Bytes that limits count. */
  public int size() {
    return event.size();
  }
}
