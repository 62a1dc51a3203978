package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Stage;

/** Starts the contender that the harness asks for. */
public final class Main {
  private Main() {}

  /** Obeys the harness. */
  public static void main(String[] arguments) {
    Stage.run(arguments, Main::contender);
  }

  private static Contender contender(Job job) {
    return switch (job.task()) {
      case MYSQL_DRAIN, POSTGRES_DRAIN, MONGO_DRAIN -> new Drain(job);
      case MYSQL_LATENCY, POSTGRES_LATENCY, MONGO_LATENCY -> new Latency(job);
      case POSTGRES_WRITES, OUTBOX, OUTBOX_EIGHT, APPLY, SYNC, PUBLISH ->
          throw new IllegalArgumentException("nothing here does " + job.task());
    };
  }
}
