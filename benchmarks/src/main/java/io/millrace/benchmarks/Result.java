package io.millrace.benchmarks;

import java.util.List;

/**
 * What a workload gave.
 *
 * @param name as on the command line, unique with its part
 * @param title heading in the report
 * @param description what was done, in Markdown
 * @param unit what is counted: rows, transactions
 * @param measure what counts
 * @param series per contestant
 * @param goals what is asked for
 * @param notes what the numbers do not say, in Markdown
 */
record Result(
    String name,
    String title,
    String description,
    String unit,
    Measure measure,
    List<Series> series,
    List<Goal> goals,
    List<String> notes) {
  /** What counts in a workload. */
  enum Measure {
    /** Events per second. */
    RATE,
    /** Time per event. */
    LATENCY,
    /** The description says it all. */
    NONE
  }

  Result {
    series = List.copyOf(series);
    goals = List.copyOf(goals);
    notes = List.copyOf(notes);
  }
}
