package io.millrace.benchmarks;

/**
 * What every workload is given.
 *
 * @param options how the harness was started
 * @param progress tells the person who waits
 */
record Bench(Options options, Progress progress) {}
