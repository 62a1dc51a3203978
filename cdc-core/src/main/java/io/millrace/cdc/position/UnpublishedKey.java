package io.millrace.cdc.position;

import java.time.Instant;

/**
 * A routing key whose events are held at publishing, in order.
 *
 * @param routingKey the key
 * @param events how many wait
 * @param bytes their size together
 * @param heldSince when the first began to wait, by the store's clock
 * @param first the first that waits: entity, id and version
 * @param error why it could not be published
 */
public record UnpublishedKey(
    String routingKey, long events, long bytes, Instant heldSince, String first, String error) {
  /** This key with more of its events behind: the first says since when and why it waits. */
  public UnpublishedKey and(UnpublishedKey later) {
    return new UnpublishedKey(
        routingKey, events + later.events, bytes + later.bytes, heldSince, first, error);
  }
}
