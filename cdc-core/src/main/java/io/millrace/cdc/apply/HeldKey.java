package io.millrace.cdc.apply;

import java.time.Instant;

/**
 * A key whose events wait in the target, in order.
 *
 * @param key entity and id
 * @param partition the channel's partition it came from
 * @param firstOffset offset of the event that was refused
 * @param events how many events wait
 * @param heldSince when the first began to wait
 * @param attempts how often the first was tried
 * @param error why it was refused last
 * @param parked whether it is past the policy's limit and is no longer retried by itself
 */
public record HeldKey(
    EntityKey key,
    int partition,
    long firstOffset,
    long events,
    Instant heldSince,
    int attempts,
    String error,
    boolean parked) {}
