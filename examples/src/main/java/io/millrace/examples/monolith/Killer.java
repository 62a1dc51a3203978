package io.millrace.examples.monolith;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Kills the JVMs that sync at random moments, one side or both at once, and starts them again,
 * until it is closed.
 */
public final class Killer implements Course.Companion {
  private static final int SHORTEST_PAUSE_MILLIS = 200;
  private static final int PAUSE_RANGE_MILLIS = 1_800;

  /** A side is killed within this time after it was seen to read and to apply something. */
  private static final int AT_WORK_MILLIS = 3_000;

  /** It need not get as far within this time, or there may be nothing to do. */
  private static final long UNTIL_WORK_SECONDS = 20;

  /** Or, once in so many times, within this time after it was started. */
  private static final int STARTING_ONCE_IN = 5;

  private static final int STARTING_MILLIS = 4_000;
  private static final int BOTH_ONCE_IN = 4;

  private final Random random;
  private final SyncSide left;
  private final SyncSide right;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "example-killer");

  /** Why it gave up; guarded by this. */
  private @Nullable Exception failure;

  private Killer(long seed, SyncSide left, SyncSide right) {
    this.random = new Random(seed);
    this.left = left;
    this.right = right;
  }

  /** Begins to kill. */
  public static Killer start(long seed, SyncSide left, SyncSide right) {
    Killer killer = new Killer(seed, left, right);
    killer.thread.start();
    return killer;
  }

  private void run() {
    try {
      while (!ends(SHORTEST_PAUSE_MILLIS + random.nextInt(PAUSE_RANGE_MILLIS))) {
        boolean both = random.nextInt(BOTH_ONCE_IN) == 0;
        List<SyncSide> victims =
            both ? List.of(left, right) : List.of(random.nextBoolean() ? left : right);
        boolean starting = random.nextInt(STARTING_ONCE_IN) == 0;
        if (!starting && !ready(victims)) {
          return;
        }
        if (ends(random.nextInt(starting ? STARTING_MILLIS : AT_WORK_MILLIS))) {
          return;
        }
        kill(victims, both);
      }
    } catch (InterruptedException | IOException | RuntimeException e) {
      synchronized (this) {
        failure = e;
      }
    }
  }

  private static void kill(List<SyncSide> victims, boolean both)
      throws IOException, InterruptedException {
    for (SyncSide side : victims) {
      if (!side.isAlive()) {
        throw new IllegalStateException(
            "The " + side.name() + "'s sync ended by itself; see " + side.log());
      }
    }
    victims.forEach(side -> side.current().shoot());
    for (SyncSide side : victims) {
      side.restart(both ? "both sides at once" : side.name() + " alone", List.of());
    }
  }

  /**
   * Waits until they run and, as a rule, work: a side that dies again before it has done anything
   * shows little. False where the killing is to end before.
   */
  private boolean ready(List<SyncSide> victims) throws InterruptedException {
    for (SyncSide side : victims) {
      while (!side.current().isReady()) {
        if (!side.isAlive()) {
          throw new IllegalStateException(
              "The " + side.name() + "'s sync did not start; see " + side.log());
        }
        if (ends(20)) {
          return false;
        }
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(UNTIL_WORK_SECONDS);
      while ((side.now("captured") == 0 || side.now("delivered") == 0) && System.nanoTime() < end) {
        if (ends(20)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean ends(long waitMillis) throws InterruptedException {
    return end.await(waitMillis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() throws InterruptedException {
    // No interrupt, which could come between a death and the new life.
    end.countDown();
    thread.join();
    synchronized (this) {
      if (failure != null) {
        throw new IllegalStateException(
            "The killing ended early: " + failure.getMessage(), failure);
      }
    }
  }
}
