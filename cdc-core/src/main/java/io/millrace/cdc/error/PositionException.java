package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/**
 * A position that cannot be loaded or saved: the store is away, or holds a record of a newer
 * format.
 */
public non-sealed class PositionException extends MillraceException {
  private static final long serialVersionUID = 1L;

  /** A failure that needs a person. */
  public PositionException(String message) {
    this(message, null, false);
  }

  /** A failure that needs a person, with its cause. */
  public PositionException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /** A failure that says whether it may pass by itself. */
  public PositionException(String message, @Nullable Throwable cause, boolean retryable) {
    super(message, cause, retryable);
  }
}
