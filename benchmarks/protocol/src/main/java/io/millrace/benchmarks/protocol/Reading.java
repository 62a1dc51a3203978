package io.millrace.benchmarks.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one round of one contender took.
 *
 * @param events how many were done
 * @param nanos from the first of them to the last
 * @param cpuNanos processor time of the contender's process between the two
 * @param allocatedBytes what its threads allocated between the two
 * @param peakBytes the most memory that its process ever held, so far
 * @param threads how many threads it had at the end
 */
public record Reading(
    long events, long nanos, long cpuNanos, long allocatedBytes, long peakBytes, int threads) {
  private static final Pattern JSON =
      Pattern.compile(
          "\\{\"events\":(\\d+),\"nanos\":(\\d+),\"cpuNanos\":(\\d+),\"allocatedBytes\":(\\d+),"
              + "\"peakBytes\":(\\d+),\"threads\":(\\d+)}");

  /** Events a second. */
  public double perSecond() {
    return events * 1e9 / nanos;
  }

  /** Processor seconds for a million events. */
  public double cpuSecondsPerMillion() {
    return cpuNanos / 1e3 / events;
  }

  /** As one line of JSON. */
  public String toJson() {
    return "{\"events\":%d,\"nanos\":%d,\"cpuNanos\":%d,\"allocatedBytes\":%d,\"peakBytes\":%d,\"threads\":%d}"
        .formatted(events, nanos, cpuNanos, allocatedBytes, peakBytes, threads);
  }

  /** Whether a line is what {@link #toJson()} makes. */
  public static boolean isReading(String line) {
    return JSON.matcher(line).matches();
  }

  /**
   * Reads what {@link #toJson()} made.
   *
   * @throws IllegalArgumentException where it is something else
   */
  public static Reading parse(String line) {
    Matcher matcher = JSON.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no reading: '" + line + "'");
    }
    return new Reading(
        Long.parseLong(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Long.parseLong(matcher.group(3)),
        Long.parseLong(matcher.group(4)),
        Long.parseLong(matcher.group(5)),
        Integer.parseInt(matcher.group(6)));
  }
}
