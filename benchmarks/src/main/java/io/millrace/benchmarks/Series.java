package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Reading;
import java.util.List;

/**
 * What one contestant's rounds gave.
 *
 * @param contestant who
 * @param readings one per counted round
 * @param latencies one per counted round where the workload measures them
 * @param failure why there are none, empty where all went well
 */
record Series(
    Contestant contestant, List<Reading> readings, List<Latencies> latencies, String failure) {
  Series {
    readings = List.copyOf(readings);
    latencies = List.copyOf(latencies);
  }

  /** Whether there are figures. */
  boolean isWhole() {
    return failure.isEmpty() && !readings.isEmpty();
  }

  /** Events per second of each round. */
  double[] perSecond() {
    return readings.stream().mapToDouble(Reading::perSecond).toArray();
  }

  /** A share of the latencies of each round, in milliseconds. */
  double[] latency(double share) {
    return latencies.stream().mapToDouble(all -> all.millis(share)).toArray();
  }
}
