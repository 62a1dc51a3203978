package io.millrace.cdc.apply;

import io.millrace.cdc.transport.Delivery;

/**
 * An event that waits in the target.
 *
 * @param key what waits
 * @param delivery the event as it was delivered
 * @param error why it, or the first of its key, was refused
 * @param attempts how often it was tried
 * @param heldSinceMillis when it began to wait, milliseconds since the epoch
 * @param parked whether it waits for a person
 */
public record HeldEvent(
    EntityKey key,
    Delivery delivery,
    String error,
    int attempts,
    long heldSinceMillis,
    boolean parked) {}
