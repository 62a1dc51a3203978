package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How long the rows of one round took.
 *
 * @param sortedNanos ascending
 */
record Latencies(long[] sortedNanos) {
  /** Not measured. */
  static final Latencies NONE = new Latencies(new long[0]);

  /** Sorts a copy. */
  Latencies {
    sortedNanos = sortedNanos.clone();
    Arrays.sort(sortedNanos);
  }

  /** Reads the longs of a file that a contender wrote. */
  static long[] read(Path file) throws IOException {
    LongBuffer longs = ByteBuffer.wrap(Files.readAllBytes(file)).asLongBuffer();
    long[] read = new long[longs.remaining()];
    longs.get(read);
    return read;
  }

  boolean isEmpty() {
    return sortedNanos.length == 0;
  }

  /**
   * The time below which a share of them lies.
   *
   * @param share 0.5 for the median, 0.99 for the 99th percentile, 1 for the worst
   */
  double millis(double share) {
    int at = (int) Math.ceil(share * sortedNanos.length) - 1;
    return sortedNanos[Math.max(0, at)] / 1e6;
  }

  @Override
  public String toString() {
    return isEmpty()
        ? "none"
        : String.format(Locale.ROOT, "p50 %.2f ms, p99 %.2f ms", millis(0.5), millis(0.99));
  }
}
