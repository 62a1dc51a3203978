package io.millrace.benchmarks;

/** A contestant did not do its task; the message says which, and where its log is. */
final class ContestantFailure extends RuntimeException {
  ContestantFailure(String message) {
    super(message);
  }
}
