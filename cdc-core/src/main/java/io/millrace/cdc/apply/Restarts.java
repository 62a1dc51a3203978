package io.millrace.cdc.apply;

import io.millrace.cdc.internal.Ambient;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Begins a transaction anew where it met another one. Where rows are locked this never happens;
 * where the first to commit wins, a batch has to be quicker than the application's own writes.
 */
final class Restarts {
  private static final int MOST = 20;
  private static final int LONGEST_PAUSE_MILLIS = 50;
  private static final RandomGenerator RANDOM = Ambient.random();

  private Restarts() {}

  /** Runs work that is one transaction. */
  static <T> T run(Supplier<T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return work.get();
      } catch (RestartException e) {
        if (attempt == MOST || !pause(attempt)) {
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
