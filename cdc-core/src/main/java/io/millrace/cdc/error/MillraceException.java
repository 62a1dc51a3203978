package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/**
 * Root of everything this library throws on purpose. The message says what failed, with which
 * values, and what to do about it.
 *
 * <p>{@link #retryable()} tells a failure that may pass by itself (the server is away) from one
 * that needs a person.
 */
public abstract sealed class MillraceException extends RuntimeException
    permits ConfigurationException,
        EventException,
        SourceException,
        PositionException,
        TransportException,
        ApplyException {
  private static final long serialVersionUID = 1L;

  private final boolean retryable;

  MillraceException(String message, @Nullable Throwable cause, boolean retryable) {
    super(message, cause);
    this.retryable = retryable;
  }

  /** Whether the same call may succeed later without anybody's help. */
  public final boolean retryable() {
    return retryable;
  }
}
