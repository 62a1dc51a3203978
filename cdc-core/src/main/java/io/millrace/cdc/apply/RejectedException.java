package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import org.jspecify.annotations.Nullable;

/**
 * The target, or a handler, refuses one event's data: a missing parent, a constraint, a value that
 * does not fit.
 */
public final class RejectedException extends ApplyException {
  private static final long serialVersionUID = 1L;

  /** Says what was refused and why. */
  public RejectedException(String message) {
    this(message, null);
  }

  /** Says what was refused and why, with the cause. */
  public RejectedException(String message, @Nullable Throwable cause) {
    super(message, cause, false);
  }
}
