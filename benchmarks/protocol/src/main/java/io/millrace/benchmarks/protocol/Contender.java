package io.millrace.benchmarks.protocol;

/** Somebody who does the task, again and again in one process. Used by one thread. */
public interface Contender extends AutoCloseable {
  /** Before the rows are written that will be read: notes where the log stands. */
  default void prepare() throws Exception {}

  /**
   * Does the task once.
   *
   * @param number counts the rounds from 0, the warm-up
   * @param meter told when the first event is there and when all are
   */
  void round(int number, Meter meter) throws Exception;

  /** Frees what it holds. */
  @Override
  default void close() throws Exception {}
}
