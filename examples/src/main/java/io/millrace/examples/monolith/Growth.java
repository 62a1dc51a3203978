package io.millrace.examples.monolith;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks every five seconds at what must not grow without bound while a long run goes on: heap and
 * threads of the JVMs that sync, sessions, ledger and change log of the databases.
 */
final class Growth implements AutoCloseable {
  private static final long INTERVAL_SECONDS = 5;
  private static final int FEWEST_SAMPLES = 12;

  private final Sites sites;
  private final List<SyncSide> sides;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "example-growth");
  private final Map<String, List<Long>> samples = new TreeMap<>(); // guarded by this
  private @Nullable Exception failure; // guarded by this

  private Growth(Sites sites, List<SyncSide> sides) {
    this.sites = sites;
    this.sides = sides;
  }

  static Growth watch(Sites sites, SyncSide left, SyncSide right) {
    Growth growth = new Growth(sites, List.of(left, right));
    growth.thread.start();
    return growth;
  }

  private void run() {
    try {
      while (!end.await(INTERVAL_SECONDS, TimeUnit.SECONDS)) {
        for (SyncSide side : sides) {
          note(side.name() + " heap MB", side.now("heap"));
          note(side.name() + " threads", side.now("threads"));
          Site site = sites.site(side.name());
          site.sizes().forEach((what, size) -> note(side.name() + " " + what, size));
        }
      }
    } catch (Exception e) {
      synchronized (this) {
        failure = e;
      }
    }
  }

  private synchronized void note(String what, long size) {
    samples.computeIfAbsent(what, name -> new ArrayList<>()).add(size);
  }

  /**
   * Per thing the highest of the run's first, second and last third; empty where the run was too
   * short to tell.
   */
  synchronized Map<String, long[]> thirds() {
    Map<String, long[]> thirds = new TreeMap<>();
    samples.forEach(
        (what, sizes) -> {
          int third = sizes.size() / 3;
          if (sizes.size() >= FEWEST_SAMPLES) {
            thirds.put(
                what,
                new long[] {
                  highest(sizes.subList(0, third)),
                  highest(sizes.subList(third, 2 * third)),
                  highest(sizes.subList(2 * third, sizes.size()))
                });
          }
        });
    return thirds;
  }

  private static long highest(List<Long> sizes) {
    return sizes.stream().mapToLong(Long::longValue).max().orElse(0);
  }

  static String text(long[] thirds) {
    return String.format(Locale.ROOT, "%d, %d, %d", thirds[0], thirds[1], thirds[2]);
  }

  @Override
  public void close() throws InterruptedException {
    end.countDown();
    thread.join();
    synchronized (this) {
      if (failure != null) {
        throw new IllegalStateException("Sizes could not be read: " + failure, failure);
      }
    }
  }
}
