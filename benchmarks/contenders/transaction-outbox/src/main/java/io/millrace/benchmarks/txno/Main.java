package io.millrace.benchmarks.txno;

import io.millrace.benchmarks.protocol.Stage;
import io.millrace.benchmarks.protocol.Task;

/** Starts the contender that the harness asks for. */
public final class Main {
  private Main() {}

  /** Obeys the harness. */
  public static void main(String[] arguments) {
    Stage.run(
        arguments,
        job -> {
          if (job.task() != Task.OUTBOX && job.task() != Task.OUTBOX_EIGHT) {
            throw new IllegalArgumentException("nothing here does " + job.task());
          }
          return new ScheduledRelay(job);
        });
  }
}
