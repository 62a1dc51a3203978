package io.millrace.cdc.internal;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Catches the caller's mistakes: IllegalArgumentException, IllegalStateException,
 * NullPointerException with a text that helps.
 */
public final class Check {
  private Check() {}

  /** The argument must hold; the message is a format string. */
  public static void argument(boolean holds, String message, @Nullable Object... values) {
    if (!holds) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, values));
    }
  }

  /** The object must be in the right state; the message is a format string. */
  public static void state(boolean holds, String message, @Nullable Object... values) {
    if (!holds) {
      throw new IllegalStateException(String.format(Locale.ROOT, message, values));
    }
  }

  /** The value, which must not be null. */
  public static <T> T notNull(@Nullable T value, String name) {
    if (value == null) {
      throw new NullPointerException(name + " must not be null");
    }
    return value;
  }

  /** The text, which must be neither null nor blank. */
  public static String notBlank(@Nullable String value, String name) {
    argument(value != null && !value.isBlank(), "%s must not be blank", name);
    return notNull(value, name);
  }
}
