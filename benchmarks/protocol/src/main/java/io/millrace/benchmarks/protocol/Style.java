package io.millrace.benchmarks.protocol;

/** In which form a contender does its task, where it has several. */
public enum Style {
  /** Its cheapest form, tuned for the task. */
  LEAN,
  /** The whole way to bytes that leave the process. */
  WHOLE,
  /** Its settings left as they come. */
  AS_SHIPPED
}
