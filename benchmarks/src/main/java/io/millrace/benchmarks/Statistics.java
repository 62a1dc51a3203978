package io.millrace.benchmarks;

import java.util.Arrays;

/** The few numbers that a report gives of several rounds. */
final class Statistics {
  private Statistics() {}

  /** The middle one, or the mean of the two in the middle. */
  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  static double min(double... values) {
    return Arrays.stream(values).min().orElse(Double.NaN);
  }

  static double max(double... values) {
    return Arrays.stream(values).max().orElse(Double.NaN);
  }

  /** Round by round, one divided by the other, as far as both go. */
  static double[] ratios(double[] of, double[] to) {
    double[] ratios = new double[Math.min(of.length, to.length)];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = of[i] / to[i];
    }
    return ratios;
  }
}
