package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;

/**
 * Who takes part.
 *
 * @param name for the report, e.g. {@code Debezium, JSON}
 * @param team whose code it is
 * @param task what it is asked to do
 * @param style in which form
 */
record Contestant(String name, Team team, Task task, Style style) {
  /** The name as part of a file's. */
  String fileName() {
    return name.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }
}
