package io.millrace.cdc.apply;

import io.millrace.cdc.internal.Check;
import java.time.Duration;

/**
 * What happens to an event that the target refuses.
 *
 * @param action wait in order, or stop
 * @param park how long a key is retried before it waits for a person; default 1 hour
 * @param retry time between retries when nothing else is applied; default 1 second
 */
public record Rejection(Action action, Duration park, Duration retry) {
  /** The two policies. */
  public enum Action {
    /** The event and all later ones of its key wait in the target; other keys go on. */
    HOLD,
    /** The applier fails at the first refused event. */
    STOP
  }

  /** Checks the durations. */
  public Rejection {
    Check.argument(
        !park.isNegative() && !park.isZero(), "parkAfter must be positive, got %s", park);
    Check.argument(
        !retry.isNegative() && !retry.isZero(), "retryEvery must be positive, got %s", retry);
  }

  /** Hold the key, retry, park after an hour. */
  public static Rejection hold() {
    return new Rejection(Action.HOLD, Duration.ofHours(1), Duration.ofSeconds(1));
  }

  /** Stop at the first refused event. */
  public static Rejection stop() {
    return new Rejection(Action.STOP, Duration.ofHours(1), Duration.ofSeconds(1));
  }

  /** Another time until a held key is parked. */
  public Rejection parkAfter(Duration limit) {
    return new Rejection(action, limit, retry);
  }

  /** Another time between retries. */
  public Rejection retryEvery(Duration interval) {
    return new Rejection(action, park, interval);
  }
}
