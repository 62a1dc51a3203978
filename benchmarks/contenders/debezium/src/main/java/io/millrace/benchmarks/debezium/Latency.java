package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Task;
import java.util.Locale;

/** Notes when rows arrive, with a new engine each round. */
final class Latency implements Contender {
  private static final int PATIENCE_SECONDS = 120;

  private final Job job;
  private final Slots slots;

  Latency(Job job) {
    this.job = job;
    this.slots = new Slots(job.from(), job.table());
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    String run = "latency_" + job.style().name().toLowerCase(Locale.ROOT) + "_" + number;
    if (job.task() == Task.POSTGRES_LATENCY) {
      slots.create(run);
    } else {
      BinlogPlace.now(job.from()).store(Settings.offsets(job, run), run);
    }
    Arrivals arrivals = new Arrivals(job, number);
    try (Engine engine =
        new Engine(Settings.of(job, true, run), job.style(), true, arrivals::arrived)) {
      arrivals.knock();
      meter.listening();
      meter.begin();
      arrivals.await(PATIENCE_SECONDS, number);
      meter.end(job.events());
    }
    if (job.task() == Task.POSTGRES_LATENCY) {
      slots.drop(run);
    }
  }
}
