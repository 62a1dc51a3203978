package io.millrace.benchmarks;

/**
 * What a figure should be.
 *
 * @param of the contestant that it is asked of; of a figure, what it is
 * @param to the one it is divided by, empty where the figure itself counts
 * @param kind which way it is compared
 * @param limit the least, or the most, that it may be
 * @param measured the figure, where no series has it
 */
record Goal(String of, String to, Kind kind, double limit, double measured) {
  /** What is compared. */
  enum Kind {
    /** Events per second, divided by the other's: at least. */
    RATE_RATIO,
    /** Events per second: at least. */
    RATE,
    /** The 99th percentile in milliseconds: at most. */
    P99_MILLIS,
    /** A figure that the workload took itself: at most. */
    FIGURE
  }

  private Goal(String of, String to, Kind kind, double limit) {
    this(of, to, kind, limit, Double.NaN);
  }

  /** At least so many times the other's rate. */
  static Goal ratio(String of, String to, double atLeast) {
    return new Goal(of, to, Kind.RATE_RATIO, atLeast);
  }

  /** At least so many a second. */
  static Goal rate(String of, double atLeast) {
    return new Goal(of, "", Kind.RATE, atLeast);
  }

  /** The 99th percentile at most so many milliseconds. */
  static Goal p99(String of, double atMost) {
    return new Goal(of, "", Kind.P99_MILLIS, atMost);
  }

  /** At most so much of something that was measured. */
  static Goal figure(String what, double atMost, double measured) {
    return new Goal(what, "", Kind.FIGURE, atMost, measured);
  }
}
