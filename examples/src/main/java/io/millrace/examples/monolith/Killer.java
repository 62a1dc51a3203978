package io.millrace.examples.monolith;

import java.io.IOException;
import java.util.List;
import java.util.Random;

/** Kills the JVMs that sync at random moments and starts them again, until it is closed. */
final class Killer implements AutoCloseable {
  private static final int SHORTEST_PAUSE_MILLIS = 200;
  private static final int LONGEST_PAUSE_MILLIS = 2_000;

  /** A side is killed within this time after it began to work, not while it still waits to. */
  private static final int AT_WORK_MILLIS = 3_000;

  private final Random random;
  private final List<SyncSide> sides;
  private final Thread thread = new Thread(this::run, "example-killer");

  private Killer(long seed, List<SyncSide> sides) {
    this.random = new Random(seed);
    this.sides = sides;
  }

  static Killer start(long seed, List<SyncSide> sides) {
    Killer killer = new Killer(seed, sides);
    killer.thread.start();
    return killer;
  }

  private void run() {
    try {
      while (true) {
        int range = LONGEST_PAUSE_MILLIS - SHORTEST_PAUSE_MILLIS;
        Thread.sleep(SHORTEST_PAUSE_MILLIS + random.nextInt(range));
        SyncSide side = sides.get(random.nextInt(sides.size()));
        side.awaitReady(120);
        Thread.sleep(random.nextInt(AT_WORK_MILLIS));
        side.killAndRestart();
      }
    } catch (InterruptedException e) {
      // The end of the killing.
    } catch (IOException e) {
      throw new IllegalStateException("a sync JVM could not be started again", e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
