package io.millrace.cdc.internal;

import java.time.Clock;
import java.util.random.RandomGenerator;

/**
 * The machine's own time and randomness: what a builder falls back on when the user gives none. The
 * only place that reaches for them, so that everything else can be run on a manual clock and a
 * seed.
 */
public final class Ambient {
  private Ambient() {}

  /** The system's clock in UTC. */
  @SuppressForbidden("the default that everything else gets injected")
  public static Clock clock() {
    return Clock.systemUTC();
  }

  /** A randomly seeded generator, not for secrets; safe for several threads. */
  @SuppressForbidden("the default that everything else gets injected")
  public static RandomGenerator random() {
    return new java.util.Random();
  }
}
