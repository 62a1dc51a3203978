package io.millrace.cdc.testkit;

import org.opentest4j.TestAbortedException;

/**
 * No server of a kind can be had here. In a test this skips it, unless {@code
 * MILLRACE_REQUIRED_SERVERS} names the kind: then {@link RequiredServerError} is thrown in its
 * place.
 */
public final class MissingServerException extends TestAbortedException {

  private static final long serialVersionUID = 1L;

  MissingServerException(String message) {
    super(message);
  }
}
