package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.util.Locale;

/** Notes when rows arrive, with a new engine each round. */
final class Latency implements Contender {
  private static final int PATIENCE_SECONDS = 120;

  private final Job job;
  private final Starts starts;

  Latency(Job job) {
    this.job = job;
    this.starts = new Starts(job);
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    String run = "latency_" + job.style().name().toLowerCase(Locale.ROOT) + "_" + number;
    starts.mark(run);
    Arrivals arrivals = new Arrivals(job, number);
    try (Engine engine =
        new Engine(starts.settings(run, run), job.style(), true, arrivals::arrived)) {
      starts.knock(arrivals);
      meter.listening();
      meter.begin();
      arrivals.await(PATIENCE_SECONDS, number);
      meter.end(job.events());
    }
    starts.forget(run);
  }
}
