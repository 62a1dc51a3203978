package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/**
 * An event that cannot be made, encoded or decoded: malformed bytes, a newer contract, a key
 * without canonical text.
 */
public final class EventException extends MillraceException {
  private static final long serialVersionUID = 1L;

  /** A failure that needs a person. */
  public EventException(String message) {
    this(message, null, false);
  }

  /** A failure that needs a person, with its cause. */
  public EventException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /** A failure that says whether it may pass by itself. */
  public EventException(String message, @Nullable Throwable cause, boolean retryable) {
    super(message, cause, retryable);
  }
}
