package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/** A transport that cannot publish or deliver. */
public non-sealed class TransportException extends MillraceException {
  private static final long serialVersionUID = 1L;

  /** A failure that needs a person. */
  public TransportException(String message) {
    this(message, null, false);
  }

  /** A failure that needs a person, with its cause. */
  public TransportException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /** A failure that says whether it may pass by itself. */
  public TransportException(String message, @Nullable Throwable cause, boolean retryable) {
    super(message, cause, retryable);
  }
}
