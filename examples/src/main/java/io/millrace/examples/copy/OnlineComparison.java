package io.millrace.examples.copy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares again and again while clerks write and processes die. A row that differs is looked at in
 * every round until both sides agree; one whose source has rested for {@value #MOST_SECONDS} s
 * without that is a difference, also where a later change mends it.
 */
final class OnlineComparison implements AutoCloseable {
  /** A restart waits some six seconds for the lease and session of the dead, a row for several. */
  static final int MOST_SECONDS = 300;

  private static final int PAUSE_MILLIS = 500;

  /** A row under way: what the target is to show, and since when. */
  private record Waiting(@Nullable Map<String, @Nullable String> expected, long sinceNanos) {}

  /** Compares once. */
  interface Look {
    Comparison now() throws SQLException;
  }

  private final Look look;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "example-comparison");

  // Guarded by this.
  private Map<String, Waiting> waiting = new HashMap<>();
  private final Map<String, String> overdue = new TreeMap<>();
  private long rounds;
  private long rows;
  private long longestNanos;
  private @Nullable Exception failure;

  OnlineComparison(Look look) {
    this.look = look;
  }

  static OnlineComparison start(Databases databases) {
    OnlineComparison comparison = new OnlineComparison(() -> Comparison.of(databases));
    comparison.thread.start();
    return comparison;
  }

  private void run() {
    try {
      while (!end.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        round(look.now(), System.nanoTime());
      }
    } catch (InterruptedException | SQLException | RuntimeException e) {
      synchronized (this) {
        failure = e;
      }
    }
  }

  /** One look at everything. */
  synchronized void round(Comparison now, long nanos) {
    Map<String, Waiting> still = new HashMap<>();
    now.expected()
        .forEach(
            (entity, expected) -> {
              Map<String, Map<String, @Nullable String>> found =
                  now.found().getOrDefault(entity, Map.of());
              expected.forEach(
                  (id, row) -> look(still, entity + "/" + id, row, found.get(id), nanos));
              found.forEach(
                  (id, row) -> {
                    if (!expected.containsKey(id)) {
                      look(still, entity + "/" + id, null, row, nanos);
                    }
                  });
              rows += expected.size();
            });
    waiting = still;
    rounds++;
  }

  private void look(
      Map<String, Waiting> still,
      String row,
      @Nullable Map<String, @Nullable String> expected,
      @Nullable Map<String, @Nullable String> found,
      long nanos) {
    if (Objects.equals(expected, found)) {
      return;
    }
    Waiting before = waiting.get(row);
    long since =
        before != null && Objects.equals(before.expected(), expected) ? before.sinceNanos() : nanos;
    still.put(row, new Waiting(expected, since));
    longestNanos = Math.max(longestNanos, nanos - since);
    if (nanos - since > TimeUnit.SECONDS.toNanos(MOST_SECONDS)) {
      overdue.put(row, row + ": source rests at " + expected + ", target has " + found);
    }
  }

  /** Rows that differed for too long. */
  synchronized List<String> differences() {
    return new ArrayList<>(overdue.values());
  }

  /** Rows that differed in the last round. */
  synchronized int underWay() {
    return waiting.size();
  }

  synchronized String text() {
    return "%d rounds over %d rows while clerks wrote; the longest wait of a row %.1f s"
        .formatted(rounds, rows, longestNanos / 1e9);
  }

  @Override
  public void close() throws InterruptedException {
    end.countDown();
    thread.join();
    synchronized (this) {
      if (failure != null) {
        throw new IllegalStateException("The databases could not be compared: " + failure, failure);
      }
    }
  }
}
