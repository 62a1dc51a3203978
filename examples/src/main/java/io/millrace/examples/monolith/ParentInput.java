package io.millrace.examples.monolith;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Standard input of a child process, which ends when its parent closes it, or dies. */
public final class ParentInput {
  private static final CountDownLatch ENDED = new CountDownLatch(1);

  static {
    Thread input = new Thread(ParentInput::await, "example-input");
    input.setDaemon(true);
    input.start();
  }

  private ParentInput() {}

  private static void await() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said here; only the end counts.
      }
    } catch (IOException e) {
      // The end as well.
    }
    ENDED.countDown();
  }

  /** Waits so long for the end. */
  public static boolean endsWithin(long millis) throws InterruptedException {
    return ENDED.await(millis, TimeUnit.MILLISECONDS);
  }
}
