package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/** A source that cannot read its log. */
public non-sealed class SourceException extends MillraceException {
  private static final long serialVersionUID = 1L;

  /** A failure that needs a person. */
  public SourceException(String message) {
    this(message, null, false);
  }

  /** A failure that needs a person, with its cause. */
  public SourceException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /** A failure that says whether it may pass by itself. */
  public SourceException(String message, @Nullable Throwable cause, boolean retryable) {
    super(message, cause, retryable);
  }
}
