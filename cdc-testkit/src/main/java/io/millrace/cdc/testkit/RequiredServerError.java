package io.millrace.cdc.testkit;

/** A server that {@code MILLRACE_REQUIRED_SERVERS} names cannot be had here; fails the test. */
public final class RequiredServerError extends AssertionError {

  private static final long serialVersionUID = 1L;

  RequiredServerError(String message) {
    super(message);
  }
}
