package io.millrace.cdc.apply;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * When held keys are tried again. While deliveries are applied, retries take no more than a share
 * of the time, however many keys wait: a backlog would stand still otherwise. Used by the applier's
 * thread.
 */
final class RetryPace {
  private static final long SHARE = 10;
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final long intervalNanos;
  private boolean applied;
  private long deliveredNanos;
  private long lastNanos;
  private long tookNanos;

  /** Paced from now on, with the pause between retries when nothing else is applied. */
  RetryPace(Duration interval, long nowNanos) {
    this.intervalNanos = interval.toNanos();
    this.lastNanos = nowNanos - intervalNanos;
    this.deliveredNanos = lastNanos;
  }

  /** Deliveries were applied. */
  void delivered(long nowNanos) {
    deliveredNanos = nowNanos;
    applied = true;
  }

  /** A retry got something through, which may have been what others waited for. */
  void gotThrough() {
    applied = true;
  }

  boolean due(long nowNanos) {
    long since = nowNanos - lastNanos;
    if (since >= intervalNanos && nowNanos - deliveredNanos >= intervalNanos) {
      return true;
    }
    return applied && since >= Math.max(LEAST_PAUSE_NANOS, SHARE * tookNanos);
  }

  /** A retry begins; what is applied from here on counts for the next. */
  void begins() {
    applied = false;
  }

  void ended(long begunNanos, long nowNanos) {
    lastNanos = nowNanos;
    tookNanos = nowNanos - begunNanos;
  }
}
