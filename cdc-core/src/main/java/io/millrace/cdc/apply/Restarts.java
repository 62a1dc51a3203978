package io.millrace.cdc.apply;

import io.millrace.cdc.internal.Ambient;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Begins a transaction anew where it met another one. Where rows are locked this never happens;
 * where the first to commit wins, a batch has to be quicker than the application's own writes.
 */
final class Restarts {
  /** A transaction of one event, which cannot be made shorter. */
  private static final int MOST_OF_ONE = 20;

  /** One of several: two shorter ones meet fewer others than a long one that is tried for long. */
  private static final int MOST_OF_MANY = 3;

  private static final int LONGEST_PAUSE_MILLIS = 50;
  private static final RandomGenerator RANDOM = Ambient.random();

  private Restarts() {}

  /** Runs work that is one transaction and cannot be done in parts. */
  static <T> T run(Supplier<T> work) {
    return run(1, work);
  }

  /**
   * Runs work that is one transaction.
   *
   * @param events that it applies; of several, a part can be applied alone
   */
  static <T> T run(int events, Supplier<T> work) {
    int most = events > 1 ? MOST_OF_MANY : MOST_OF_ONE;
    for (int attempt = 1; ; attempt++) {
      try {
        return work.get();
      } catch (RestartException e) {
        if (attempt == most || !pause(attempt)) {
          throw e;
        }
      }
    }
  }

  /** Of random length, so that two appliers do not meet again. */
  private static boolean pause(int attempt) {
    try {
      Thread.sleep(RANDOM.nextInt(Math.min(2 * attempt, LONGEST_PAUSE_MILLIS)));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
