package io.millrace.benchmarks.raw;

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
      case MYSQL_DRAIN -> new BinlogDrain(job);
      case POSTGRES_DRAIN -> new SelectDrain(job);
      case MONGO_DRAIN -> new StreamDrain(job);
      case MYSQL_LATENCY -> new BinlogLatency(job);
      case POSTGRES_LATENCY -> new PollLatency(job);
      case MONGO_LATENCY -> new StreamLatency(job);
      case POSTGRES_WRITES -> new Updates(job);
      case OUTBOX, OUTBOX_EIGHT -> new BareOutbox(job);
      case APPLY ->
          job.to().url().startsWith("mongodb:")
              ? new BatchedDocuments(job)
              : new BatchedUpserts(job);
      case PUBLISH -> new BareProducer(job);
      case SYNC -> throw new IllegalArgumentException("nothing here does " + job.task());
    };
  }
}
