package io.millrace.cdc.apply;

import java.time.Duration;

/**
 * Lets callers wait for a look at the channel that began after they asked and found nothing left.
 */
final class CaughtUp {
  private long asked; // guarded by this
  private long answered; // guarded by this
  private boolean ended; // guarded by this

  /** Before a look: which callers it can answer. */
  synchronized long ticket() {
    return asked;
  }

  /** After a look that found nothing left. */
  synchronized void answer(long ticket) {
    answered = Math.max(answered, ticket);
    notifyAll();
  }

  /** Nobody will look any more. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Whether a look that began after this call found nothing left in time. */
  synchronized boolean await(Duration timeout) throws InterruptedException {
    long mine = ++asked;
    long deadline = System.nanoTime() + timeout.toNanos();
    while (answered < mine && !ended) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      wait(Math.max(1, left / 1_000_000));
    }
    return answered >= mine;
  }
}
