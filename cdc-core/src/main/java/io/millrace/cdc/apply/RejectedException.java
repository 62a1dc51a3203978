package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import org.jspecify.annotations.Nullable;

/**
 * The target, or a handler, refuses one event's data: a missing parent, a constraint, a value that
 * does not fit.
 */
public final class RejectedException extends ApplyException {
  private static final long serialVersionUID = 1L;

  private final boolean unique;

  /** Says what was refused and why. */
  public RejectedException(String message) {
    this(message, null);
  }

  /** Says what was refused and why, with the cause. */
  public RejectedException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /**
   * Says what was refused and why, with the cause.
   *
   * @param unique whether another row has a value that must be unique
   */
  public RejectedException(String message, @Nullable Throwable cause, boolean unique) {
    super(message, cause, false);
    this.unique = unique;
  }

  /**
   * Whether another row has a value that must be unique: where that row's events wait too, they may
   * go together.
   */
  public boolean unique() {
    return unique;
  }
}
