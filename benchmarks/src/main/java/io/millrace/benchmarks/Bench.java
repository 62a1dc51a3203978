package io.millrace.benchmarks;

import io.millrace.cdc.testkit.MissingServerException;
import java.util.ArrayList;
import java.util.List;

/**
 * What every workload is given.
 *
 * @param options how the harness was started
 * @param progress tells the person who waits
 * @param missing what could not be measured, for the report
 * @param runs how long each workload took, and how busy the machine was, for the report
 */
record Bench(Options options, Progress progress, List<String> missing, List<Run> runs) {
  Bench(Options options, Progress progress) {
    this(options, progress, new ArrayList<>(), new ArrayList<>());
  }

  /**
   * A workload that was run.
   *
   * @param workload its name
   * @param seconds how long it took, servers and warm-up too
   * @param before the load averages before it
   * @param after and after it
   */
  record Run(String workload, long seconds, String before, String after) {}

  /** Something that gives results, or fails. */
  @FunctionalInterface
  interface Part {
    /** Measures. */
    List<Result> run() throws Exception;
  }

  /** The same with another number of counted rounds. */
  Bench withRounds(int rounds) {
    return new Bench(options.withRounds(rounds), progress, missing, runs);
  }

  /**
   * Measures one part; where that fails, the others are measured all the same, and the report says
   * what is missing and why.
   *
   * @return nothing where it failed
   */
  List<Result> part(String name, Part part) throws InterruptedException {
    try {
      return part.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (MissingServerException e) {
      skipped(name, e);
    } catch (Exception | LinkageError | AssertionError e) {
      e.printStackTrace();
      progress.say("%s  failed: %s", name, e);
      missing.add("`" + name + "` **failed**: " + e + ".");
    }
    return List.of();
  }

  /** Part of a workload cannot be measured. */
  void skipped(String part, Exception reason) {
    progress.say("%s  skipped: %s", part, String.valueOf(reason.getMessage()));
    missing.add("`" + part + "`: " + reason.getMessage() + ".");
  }
}
