package io.millrace.cdc.internal;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Catches our own mistakes, always on; stands on both sides of every durable boundary. */
public final class Invariant {
  private Invariant() {}

  /** What must be true if this library has no bug; the message is a format string. */
  public static void that(boolean holds, String message, @Nullable Object... values) {
    if (!holds) {
      throw broken(message, values);
    }
  }

  /** An error to throw where a branch cannot be reached. */
  public static AssertionError broken(String message, @Nullable Object... values) {
    return new AssertionError(
        "Bug in Millrace, please report: " + String.format(Locale.ROOT, message, values));
  }
}
