package io.millrace.cdc.mongo;

import java.util.function.LongSupplier;

/**
 * When a session's transactions last met others that wrote the same documents, and one of the two
 * was undone. Where that happens a transaction has to be short, though it costs more requests. Used
 * by one thread.
 */
final class Meetings {
  private static final long LATELY_NANOS = 60_000_000_000L;

  private final LongSupplier nanos;
  private boolean any;
  private long last;

  /**
   * Nothing was met yet.
   *
   * @param nanos as {@link System#nanoTime()}
   */
  Meetings(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Another one was in the way. */
  void met() {
    any = true;
    last = nanos.getAsLong();
  }

  /** Whether another one was in the way within the last minute. */
  boolean lately() {
    return any && nanos.getAsLong() - last < LATELY_NANOS;
  }
}
