/**
 * The harness: {@link io.millrace.benchmarks.Main} starts servers through the testkit, one JVM for
 * every contender, makes them do the same work in turns, and writes the report. A {@link
 * io.millrace.benchmarks.Workload} says what is done and by whom; {@link
 * io.millrace.benchmarks.Match} lets its contestants take turns; {@link
 * io.millrace.benchmarks.Report} writes what came out. One thread, and one more for each
 * contender's output.
 */
@NullMarked
package io.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
