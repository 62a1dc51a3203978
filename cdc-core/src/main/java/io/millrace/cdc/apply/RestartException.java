package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import org.jspecify.annotations.Nullable;

/**
 * A target's transaction met another one, or lost its server, and nothing of it stays: the same
 * again may go through at once. The applier begins the whole transaction anew, several times, then
 * in halves, before it counts as a failure.
 */
public final class RestartException extends ApplyException {
  private static final long serialVersionUID = 1L;

  /** Says what was in the way. */
  public RestartException(String message, @Nullable Throwable cause) {
    super(message, cause, true);
  }
}
