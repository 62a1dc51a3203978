package io.millrace.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/**
 * How the harness was started.
 *
 * @param home the directory {@code benchmarks}
 * @param report where the report goes, its plots beside it
 * @param workloads which to run, all where empty
 * @param rounds counted rounds per contestant, after those that warm up
 * @param scale factor on the number of rows
 * @param heapMegabytes of every contestant's JVM, where the workload does not say otherwise
 */
record Options(
    Path home, Path report, List<String> workloads, int rounds, double scale, int heapMegabytes) {
  private static final int ROUNDS = 5;
  private static final int HEAP_MEGABYTES = 512;
  private static final double WARM_UP_SECONDS = 15;
  private static final double QUICK_LOOK = 0.1;

  Options {
    workloads = List.copyOf(workloads);
    if (rounds < 1 || scale <= 0) {
      throw new IllegalArgumentException("--rounds and --scale must be above 0");
    }
  }

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException where it makes no sense
   */
  static Options parse(Path home, String... arguments) {
    List<String> workloads = new ArrayList<>();
    int rounds = ROUNDS;
    double scale = 1;
    Path report = home;
    Iterator<String> rest = List.of(arguments).iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      if (!argument.startsWith("--")) {
        workloads.add(argument);
        continue;
      }
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(argument + " needs a value");
      }
      String value = rest.next();
      switch (argument) {
        case "--rounds" -> rounds = Integer.parseInt(value);
        case "--scale" -> scale = Double.parseDouble(value);
        case "--report" -> report = Path.of(value).toAbsolutePath();
        default -> throw new IllegalArgumentException("no option " + argument);
      }
    }
    return new Options(home, report, workloads, rounds, scale, HEAP_MEGABYTES);
  }

  /** The same with another number of rounds. */
  Options withRounds(int other) {
    return new Options(home, report, workloads, other, scale, heapMegabytes);
  }

  /** A number of rows, scaled, at least 100 and a multiple of 100. */
  int scaled(int rows) {
    return Math.max(1, (int) Math.round(rows * scale / 100)) * 100;
  }

  /**
   * How long a contestant warms up at least, over as many uncounted rounds as that takes: until its
   * JVM has compiled what it runs. A quick look does without.
   */
  double warmUpSeconds() {
    return isQuickLook() ? 0 : WARM_UP_SECONDS;
  }

  /** Whether the figures are not meant to mean anything. */
  boolean isQuickLook() {
    return scale < QUICK_LOOK;
  }

  /** The directory for a contestant's files. */
  Path work(String workload, Contestant contestant) {
    return home.resolve("target").resolve("work").resolve(workload).resolve(contestant.fileName());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d rounds after a warm-up of at least %.0f s, scale %s, -Xmx%dm -XX:+UseG1GC",
        rounds,
        warmUpSeconds(),
        scale == Math.rint(scale) ? Long.toString((long) scale) : Double.toString(scale),
        heapMegabytes);
  }
}
