package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What Linux says of a process.
 *
 * @param atNanos when it was asked
 * @param cpu processor time so far
 * @param residentBytes memory that it holds
 * @param threads how many it has
 */
record ProcessFacts(long atNanos, Duration cpu, long residentBytes, int threads) {
  /** Asks. */
  static ProcessFacts of(long pid) throws IOException {
    long resident = 0;
    int threads = 0;
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        resident = 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      } else if (line.startsWith("Threads:")) {
        threads = Integer.parseInt(line.replaceAll("[^0-9]", ""));
      }
    }
    Duration cpu =
        ProcessHandle.of(pid)
            .flatMap(process -> process.info().totalCpuDuration())
            .orElse(Duration.ZERO);
    return new ProcessFacts(System.nanoTime(), cpu, resident, threads);
  }

  double cpuSecondsSince(ProcessFacts earlier) {
    return cpu.minus(earlier.cpu).toNanos() / 1e9;
  }

  double secondsSince(ProcessFacts earlier) {
    return (atNanos - earlier.atNanos) / 1e9;
  }
}
