package io.millrace.cdc.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;

/**
 * A clock that stands still until the test moves it, forward or, as real clocks do now and then,
 * back. Thread-safe.
 */
public final class ManualClock extends Clock {

  private final Hands hands;
  private final ZoneId zone;

  private ManualClock(Hands hands, ZoneId zone) {
    this.hands = hands;
    this.zone = zone;
  }

  /** A clock in UTC that shows the given time. */
  public static ManualClock at(Instant start) {
    return new ManualClock(new Hands(start), ZoneOffset.UTC);
  }

  /**
   * A clock in UTC that shows the given time.
   *
   * @param start in ISO form, {@code 2026-01-01T00:00:00Z}
   */
  public static ManualClock at(String start) {
    return at(Instant.parse(start));
  }

  /** Moves it by an amount, which may be negative, and answers the new time. */
  public Instant advance(Duration amount) {
    return hands.advance(amount);
  }

  /** Sets it. */
  public void set(Instant time) {
    hands.set(time);
  }

  @Override
  public Instant instant() {
    return hands.now();
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  /** The same clock in another zone: moving one moves the other. */
  @Override
  public Clock withZone(ZoneId other) {
    return new ManualClock(hands, other);
  }

  @Override
  public String toString() {
    return "ManualClock[" + hands.now() + ", " + zone + "]";
  }

  /** What the views in several zones have in common. */
  private static final class Hands {
    private Instant time; // guarded by this

    Hands(Instant time) {
      this.time = Objects.requireNonNull(time);
    }

    synchronized Instant now() {
      return time;
    }

    synchronized void set(Instant newTime) {
      time = Objects.requireNonNull(newTime);
    }

    synchronized Instant advance(Duration amount) {
      time = time.plus(amount);
      return time;
    }
  }
}
