package io.millrace.cdc.pipeline;

import java.time.Duration;

/** Pauses that double from a least to a most. Not safe for use by several threads. */
final class Backoff {
  private final Duration least;
  private final Duration most;
  private Duration next;

  Backoff(Duration least, Duration most) {
    this.least = least;
    this.most = most;
    this.next = least;
  }

  Duration next() {
    Duration pause = next;
    Duration doubled = pause.multipliedBy(2);
    next = doubled.compareTo(most) > 0 ? most : doubled;
    return pause;
  }

  /** Something worked: the next failure is a first one again. */
  void reset() {
    next = least;
  }
}
