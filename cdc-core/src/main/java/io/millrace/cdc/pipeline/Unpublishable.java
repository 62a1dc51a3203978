package io.millrace.cdc.pipeline;

import io.millrace.cdc.internal.Check;
import java.time.Duration;

/**
 * What happens to an event that cannot be published: one that the transport can never carry, such
 * as one larger than the broker takes, one that the codec cannot express, one that has reached the
 * hop limit. It is never dropped, and later events of its routing key never pass it.
 *
 * @param action wait in order, or stop
 * @param maxEvents most events that may wait; the pipeline stops at the next; default 10,000
 * @param maxBytes most bytes that may wait, in memory too while their transaction is being read;
 *     the pipeline stops at the next; default 64 MiB
 * @param retry time between attempts to publish what waits; default 1 minute. What reached the hop
 *     limit, and what waits behind it, is not tried without being asked
 */
public record Unpublishable(Action action, long maxEvents, long maxBytes, Duration retry) {
  /** The two policies. */
  public enum Action {
    /**
     * The event and all later ones of its routing key wait next to the position; other keys go on.
     */
    HOLD,
    /** The pipeline fails at the first such event. */
    STOP
  }

  /** Checks the limits. */
  public Unpublishable {
    Check.notNull(action, "action");
    Check.argument(maxEvents >= 1, "atMost needs at least 1 event, got %s", maxEvents);
    Check.argument(maxBytes >= 1, "atMost needs at least 1 byte, got %s", maxBytes);
    Check.argument(
        !retry.isNegative() && !retry.isZero(), "retryEvery must be positive, got %s", retry);
  }

  /** Hold the key, retry every minute, stop where more than 10,000 events or 64 MiB wait. */
  public static Unpublishable hold() {
    return new Unpublishable(Action.HOLD, 10_000, 64L * 1024 * 1024, Duration.ofMinutes(1));
  }

  /** Stop at the first event that cannot be published. */
  public static Unpublishable stop() {
    return new Unpublishable(Action.STOP, 10_000, 64L * 1024 * 1024, Duration.ofMinutes(1));
  }

  /** Another limit of what may wait. */
  public Unpublishable atMost(long events, long bytes) {
    return new Unpublishable(action, events, bytes, retry);
  }

  /** Another time between attempts. */
  public Unpublishable retryEvery(Duration interval) {
    return new Unpublishable(action, maxEvents, maxBytes, interval);
  }
}
