package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Stage;
import io.millrace.benchmarks.protocol.Style;
import java.sql.SQLException;

/** Starts the contender that the harness asks for. */
public final class Main {
  private Main() {}

  /** Obeys the harness. */
  public static void main(String[] arguments) {
    Stage.run(arguments, Main::contender);
  }

  private static Contender contender(Job job) throws SQLException {
    return switch (job.task()) {
      case MYSQL_DRAIN, POSTGRES_DRAIN, MONGO_DRAIN ->
          job.style() == Style.WHOLE ? new PipelineDrain(job) : new ReaderDrain(job);
      case MYSQL_LATENCY, POSTGRES_LATENCY, MONGO_LATENCY -> new PipelineLatency(job);
      case OUTBOX, OUTBOX_EIGHT -> new OutboxRelay(job);
      case APPLY -> new ApplierFeed(job);
      case SYNC -> new Sync(job);
      case PUBLISH -> new KafkaPublish(job);
      case POSTGRES_WRITES -> throw new IllegalArgumentException("nothing here does " + job.task());
    };
  }
}
