package io.millrace.examples.monolith;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The wait, after the writers ended, until nothing moves any more: the judge decides what that
 * means.
 */
public final class Settling {
  private static final long SETTLE_SECONDS = 600;

  /** What is looked at every second. */
  public interface Sight {
    /** Changes handled so far: as long as it rises something moves. */
    long handled() throws Exception;

    /** Whether everything has arrived; asked once nothing moves. */
    boolean complete() throws Exception;

    /** Tells how far it is. */
    default void progress() {}
  }

  private Settling() {}

  /** Returns when it is complete, when nothing moved for so many seconds, or when a JVM ended. */
  public static void await(List<SyncSide> sides, Sight sight, long quietSeconds, PrintStream story)
      throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
    long before = -1;
    int unchanged = 0;
    while (System.nanoTime() < end && sides.stream().allMatch(SyncSide::isAlive)) {
      long handled = sight.handled();
      unchanged = handled == before ? unchanged + 1 : 0;
      if ((unchanged > 1 && sight.complete()) || unchanged > quietSeconds) {
        return;
      }
      before = handled;
      sight.progress();
      Thread.sleep(1000);
    }
    for (SyncSide side : sides) {
      if (!side.isAlive()) {
        story.println("A JVM ended by itself; see " + side.log());
      }
    }
  }
}
