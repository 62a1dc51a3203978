package io.millrace.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Measures, and writes the report. */
public final class Main {
  static final List<Workload> WORKLOADS =
      List.of(
          new MySqlDrain(),
          new PostgresDrain(),
          new MongoDrain(),
          CommitLatency.onMySql(),
          CommitLatency.onPostgres(),
          new MongoLatency(),
          new EndToEnd(),
          new WriterCost(),
          new OutboxThroughput(),
          new ApplierThroughput(),
          new KafkaThroughput(),
          new Micro(),
          new HugeTransaction(),
          new HugeRow(),
          new Footprint());

  private Main() {}

  /** Started by {@code benchmarks/run}: workloads and options as its help says. */
  public static void main(String[] arguments) throws Exception {
    String home = System.getProperty("millrace.benchmarks.home");
    if (home == null) {
      System.err.println("start with benchmarks/run");
      System.exit(2);
      return;
    }
    if (List.of(arguments).contains("--help")) {
      help();
      System.exit(0);
      return;
    }
    Options options;
    try {
      options = Options.parse(Path.of(home), arguments);
      chosen(options);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      help();
      System.exit(2);
      return;
    }
    Progress progress = new Progress(System.err);
    measure(options, progress);
    progress.say("written: %s", options.report().resolve("REPORT.md"));
    System.exit(0);
  }

  /** Runs the workloads that were asked for; the report is written anew after each. */
  static List<Result> measure(Options options, Progress progress) throws Exception {
    List<Result> results = new ArrayList<>();
    Set<Workload> waiting = new LinkedHashSet<>(WORKLOADS);
    Bench bench = new Bench(options, progress);
    for (Workload workload : chosen(options)) {
      String before = Machine.load();
      long begun = System.nanoTime();
      results.addAll(bench.part(workload.name(), () -> workload.run(bench)));
      long seconds = (System.nanoTime() - begun) / 1_000_000_000;
      bench.runs().add(new Bench.Run(workload.name(), seconds, before, Machine.load()));
      waiting.remove(workload);
      List<String> missing = new ArrayList<>(bench.missing());
      for (Workload other : waiting) {
        missing.add("`" + other.name() + "` (" + other.summary() + "): not in this run.");
      }
      Report.write(options, results, missing, bench.runs());
    }
    return results;
  }

  private static List<Workload> chosen(Options options) {
    if (options.workloads().isEmpty()) {
      return WORKLOADS;
    }
    List<Workload> chosen = new ArrayList<>();
    for (String name : options.workloads()) {
      chosen.add(
          WORKLOADS.stream()
              .filter(workload -> workload.name().equals(name))
              .findAny()
              .orElseThrow(() -> new IllegalArgumentException("no workload '" + name + "'")));
    }
    return chosen;
  }

  private static void help() {
    System.err.println(
        "usage: benchmarks/run [--rounds N] [--scale F] [--report DIRECTORY] [WORKLOAD ...]");
    for (Workload workload : WORKLOADS) {
      System.err.printf("  %-18s %s%n", workload.name(), workload.summary());
    }
  }
}
