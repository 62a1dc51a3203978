package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/**
 * The saved position is not one of this log (restored, reset, another server) or what follows it is
 * gone. Handled by the pipeline's lost-position policy, never by reading on.
 */
public final class LostPositionException extends SourceException {
  private static final long serialVersionUID = 1L;

  /** Says what was found, and what to do. */
  public LostPositionException(String message) {
    this(message, null);
  }

  /** Says what was found, and what to do, with the cause. */
  public LostPositionException(String message, @Nullable Throwable cause) {
    super(message, cause, false);
  }
}
