package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Task;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Reads everything that was written since {@code prepare}, with a new engine each round: on MySQL
 * from an offset that names the place in the binary log, on PostgreSQL from a copy of a replication
 * slot.
 */
final class Drain implements Contender {
  private static final int PATIENCE_SECONDS = 150;

  private final Job job;
  private final Slots slots;
  private BinlogPlace begin = BinlogPlace.NONE;

  Drain(Job job) {
    this.job = job;
    this.slots = new Slots(job.from(), job.table());
  }

  @Override
  public void prepare() throws SQLException {
    switch (job.task()) {
      case POSTGRES_DRAIN -> slots.create(base());
      case MYSQL_DRAIN -> begin = BinlogPlace.now(job.from());
      default -> throw new IllegalStateException("no drain: " + job.task());
    }
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    String run = base() + "_" + number;
    if (job.task() == Task.POSTGRES_DRAIN) {
      slots.copy(base(), run);
    } else {
      begin.store(Settings.offsets(job, run), run);
    }
    Counter counter = new Counter(job.events(), meter);
    try (Engine engine =
        new Engine(Settings.of(job, true, run), job.style(), false, id -> counter.count())) {
      counter.await(engine);
    }
    if (job.task() == Task.POSTGRES_DRAIN) {
      slots.drop(run);
    }
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
