package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/** A target that cannot apply: unmapped, refused, or away. */
public non-sealed class ApplyException extends MillraceException {
  private static final long serialVersionUID = 1L;

  /** A failure that needs a person. */
  public ApplyException(String message) {
    this(message, null, false);
  }

  /** A failure that needs a person, with its cause. */
  public ApplyException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /** A failure that says whether it may pass by itself. */
  public ApplyException(String message, @Nullable Throwable cause, boolean retryable) {
    super(message, cause, retryable);
  }
}
