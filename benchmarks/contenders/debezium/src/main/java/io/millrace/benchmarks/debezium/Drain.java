package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reads everything that was written since {@code prepare}, with a new engine each round. */
final class Drain implements Contender {
  private static final int PATIENCE_SECONDS = 150;

  private final Job job;
  private final Starts starts;

  Drain(Job job) {
    this.job = job;
    this.starts = new Starts(job);
  }

  @Override
  public void prepare() throws SQLException {
    starts.mark(base());
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    String run = base() + "_" + number;
    Counter counter = new Counter(job.events(), meter);
    try (Engine engine =
        new Engine(starts.settings(base(), run), job.style(), false, id -> counter.count())) {
      counter.await(engine);
    }
    starts.forget(run);
  }

  private String base() {
    return "drain_" + job.style().name().toLowerCase(Locale.ROOT);
  }

  private static final class Counter {
    private final int events;
    private final Meter meter;
    private final CountDownLatch done = new CountDownLatch(1);
    private int seen;

    Counter(int events, Meter meter) {
      this.events = events;
      this.meter = meter;
    }

    void count() {
      meter.begin();
      seen++;
      if (seen == events) {
        meter.end(events);
        done.countDown();
      }
    }

    void await(Engine engine) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (!done.await(1, TimeUnit.SECONDS)) {
        if (!engine.failure().isEmpty() || System.nanoTime() > deadline) {
          throw new IllegalStateException("not at the end: " + engine.failure());
        }
      }
    }
  }
}
