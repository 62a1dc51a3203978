package io.millrace.cdc.error;

import org.jspecify.annotations.Nullable;

/**
 * An event that its transport can never carry as it is, such as one larger than the broker takes.
 * Other events are not concerned.
 */
public final class UnpublishableException extends TransportException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with the event, and how it could pass. */
  public UnpublishableException(String message) {
    this(message, null);
  }

  /** What is wrong with the event, and how it could pass, with its cause. */
  public UnpublishableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
