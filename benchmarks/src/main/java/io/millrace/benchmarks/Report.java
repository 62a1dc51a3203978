package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Writes REPORT.md and the plots beside it. */
final class Report {
  private final StringBuilder text = new StringBuilder();
  private final Options options;

  Report(Options options) {
    this.options = options;
  }

  /**
   * Writes it.
   *
   * @param results in the order of the report
   * @param missing what could not be measured, a line each
   * @param runs of the workloads, in their order
   */
  static void write(
      Options options, List<Result> results, List<String> missing, List<Bench.Run> runs)
      throws IOException {
    Report report = new Report(options);
    report.head(runs);
    for (Result result : results) {
      report.section(result);
    }
    report.runs(runs);
    report.tail(missing);
    Files.createDirectories(options.report());
    Files.writeString(options.report().resolve("REPORT.md"), report.text);
    for (Result result : results) {
      if (result.measure() != Result.Measure.NONE) {
        Files.writeString(options.report().resolve(result.name() + ".svg"), Plot.of(result));
      }
    }
  }

  private void head(List<Bench.Run> runs) throws IOException {
    line("# Benchmarks");
    line("");
    line("Written by `benchmarks/run` on " + LocalDate.now(ZoneOffset.UTC) + "; do not edit.");
    line("");
    line("- Machine: " + Machine.describe() + ".");
    List<String> busy = runs.stream().filter(Report::wasShared).map(Bench.Run::workload).toList();
    if (!busy.isEmpty()) {
      line(
          "- **The machine was shared** during "
              + String.join(", ", busy)
              + ": more wanted to run than it has processors, with other work than this. Rates and times are"
              + " those of a busy machine, many times worse than on a quiet one; ratios and processor seconds say more.");
    }
    line("- Settings: " + options + ".");
    line("- Versions: " + Versions.describe(options.home()) + ".");
    line("");
    line(
        "Every contender runs in a JVM of its own, with the same heap and only its own class path, on the same servers and the same"
            + " data, in turns; who begins changes from round to round. A median is that of the counted rounds; a ratio is the median"
            + " of the ratios of one round each. *CPU* is the contender's process alone, in seconds per million; *peak* is the most"
            + " memory that the process ever held (resident), from the start of its JVM.");
  }

  private void section(Result result) {
    line("");
    line("## " + result.title());
    line("");
    line(result.description());
    line("");
    if (result.measure() != Result.Measure.NONE) {
      line("![" + result.title() + "](" + result.name() + ".svg)");
      line("");
    }
    switch (result.measure()) {
      case RATE -> rateTable(result);
      case LATENCY -> latencyTable(result);
      case NONE -> {}
    }
    if (!result.goals().isEmpty()) {
      line("");
    }
    for (Goal goal : result.goals()) {
      goal(result, goal);
    }
    if (!result.notes().isEmpty()) {
      line("");
    }
    for (String note : result.notes()) {
      line(
          "- " + note.replaceAll(", program \\S+", "")); // where a server lies is nobody's business
    }
  }

  private void rateTable(Result result) {
    line(
        "| contender | "
            + result.unit()
            + "/s, median | min–max | first ÷ this | CPU s/million | CPU, this ÷ first | allocated bytes each | peak MB |");
    line("|---|---:|---:|---:|---:|---:|---:|---:|");
    double[] first = result.series().get(0).perSecond();
    for (Series series : result.series()) {
      if (!series.isWhole()) {
        line(
            "| "
                + series.contestant().name()
                + " | failed: "
                + series.failure()
                + " | | | | | | |");
        continue;
      }
      double[] rates = series.perSecond();
      line(
          String.format(
              Locale.ROOT,
              "| %s | %,.0f | %,.0f–%,.0f | %.2f | %.2f | %.2f | %,.0f | %,.0f |",
              series.contestant().name(),
              Statistics.median(rates),
              Statistics.min(rates),
              Statistics.max(rates),
              Statistics.median(Statistics.ratios(first, rates)),
              median(series, Reading::cpuSecondsPerMillion),
              Statistics.median(Statistics.ratios(cpu(series), cpu(result.series().get(0)))),
              median(series, reading -> (double) reading.allocatedBytes() / reading.events()),
              peakMegabytes(series)));
    }
  }

  private void latencyTable(Result result) {
    line("| contender | p50 ms | p99 ms, median | min–max | worst | CPU s/million | peak MB |");
    line("|---|---:|---:|---:|---:|---:|---:|");
    for (Series series : result.series()) {
      if (!series.isWhole()) {
        line("| " + series.contestant().name() + " | failed: " + series.failure() + " | | | | | |");
        continue;
      }
      double[] high = series.latency(0.99);
      line(
          String.format(
              Locale.ROOT,
              "| %s | %.2f | %.2f | %.2f–%.2f | %.1f | %.0f | %,.0f |",
              series.contestant().name(),
              Statistics.median(series.latency(0.5)),
              Statistics.median(high),
              Statistics.min(high),
              Statistics.max(high),
              Statistics.max(series.latency(1)),
              median(series, Reading::cpuSecondsPerMillion),
              peakMegabytes(series)));
    }
  }

  private void goal(Result result, Goal goal) {
    String asked = asked(goal);
    Optional<Series> of = named(result, goal.of());
    Optional<Series> to = named(result, goal.to());
    boolean needsSeries = goal.kind() != Goal.Kind.FIGURE;
    if (needsSeries && (of.isEmpty() || (!goal.to().isEmpty() && to.isEmpty()))) {
      line("- Goal: " + asked + " **Not measured**.");
      return;
    }
    double measured =
        switch (goal.kind()) {
          case RATE_RATIO ->
              Statistics.median(
                  Statistics.ratios(of.orElseThrow().perSecond(), to.orElseThrow().perSecond()));
          case RATE -> Statistics.median(of.orElseThrow().perSecond());
          case P99_MILLIS -> Statistics.median(of.orElseThrow().latency(0.99));
          case FIGURE -> goal.measured();
        };
    boolean met =
        switch (goal.kind()) {
          case RATE_RATIO, RATE -> measured >= goal.limit();
          case P99_MILLIS, FIGURE -> measured <= goal.limit();
        };
    line(
        String.format(
            Locale.ROOT,
            goal.kind() == Goal.Kind.RATE
                ? "- Goal: %s Measured %,.0f: **%s**."
                : "- Goal: %s Measured %.2f: **%s**.",
            asked,
            measured,
            met ? "met" : "missed"));
  }

  private static String asked(Goal goal) {
    return switch (goal.kind()) {
      case RATE_RATIO ->
          String.format(
              Locale.ROOT, "%s at least %s times %s.", goal.of(), goal.limit(), goal.to());
      case RATE ->
          String.format(Locale.ROOT, "%s at least %,.0f a second.", goal.of(), goal.limit());
      case P99_MILLIS ->
          String.format(Locale.ROOT, "99%% of %s within %s ms.", goal.of(), goal.limit());
      case FIGURE -> String.format(Locale.ROOT, "%s at most %s.", goal.of(), goal.limit());
    };
  }

  private static boolean wasShared(Bench.Run run) {
    return Machine.isShared(run.before() + " " + run.after());
  }

  private void runs(List<Bench.Run> runs) {
    line("");
    line("## How the run went");
    line("");
    line(
        "Load averages over one, five and fifteen minutes. What a workload itself wants to run counts as well.");
    line("");
    line("| workload | seconds | load before | load after |");
    line("|---|---:|---|---|");
    for (Bench.Run run : runs) {
      line(
          String.format(
              Locale.ROOT,
              "| `%s` | %d | %s | %s |",
              run.workload(),
              run.seconds(),
              run.before(),
              run.after()));
    }
  }

  private void tail(List<String> missing) {
    line("");
    line("## What was not measured");
    line("");
    List<String> lines = new ArrayList<>(missing);
    lines.addAll(NotMeasured.ALWAYS);
    for (String one : lines) {
      line("- " + one);
    }
  }

  private static Optional<Series> named(Result result, String name) {
    return result.series().stream()
        .filter(series -> series.contestant().name().equals(name) && series.isWhole())
        .findAny();
  }

  private static double median(Series series, ToDoubleFunction<Reading> of) {
    return Statistics.median(series.readings().stream().mapToDouble(of).toArray());
  }

  private static double[] cpu(Series series) {
    return series.readings().stream().mapToDouble(Reading::cpuSecondsPerMillion).toArray();
  }

  private static double peakMegabytes(Series series) {
    return series.readings().stream().mapToLong(Reading::peakBytes).max().orElse(0) / 1048576.0;
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
