package io.millrace.benchmarks;

import java.util.List;

/**
 * What every workload is given.
 *
 * @param options how the harness was started
 * @param progress tells the person who waits
 * @param missing what could not be measured, for the report
 */
record Bench(Options options, Progress progress, List<String> missing) {
  /** Part of a workload cannot be measured. */
  void skipped(String part, Exception reason) {
    progress.say("%s  skipped: %s", part, String.valueOf(reason.getMessage()));
    missing.add("`" + part + "`: " + reason.getMessage() + ".");
  }
}
