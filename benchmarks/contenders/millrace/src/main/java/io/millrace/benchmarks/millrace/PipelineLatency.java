package io.millrace.benchmarks.millrace;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Source;
import java.sql.SQLException;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline whose publisher decodes the event's protobuf, as a handler would, and notes the time.
 */
final class PipelineLatency implements Contender {
  private static final int PATIENCE_SECONDS = 120;

  private final Job job;
  private @Nullable Source source;

  PipelineLatency(Job job) {
    this.job = job;
  }

  @Override
  public void prepare() throws Exception {
    source = Sources.install(job);
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    if (source == null) {
      throw new IllegalStateException("not prepared");
    }
    Arrivals arrivals = new Arrivals(job, number);
    String name = "latency" + number;
    try (Pipeline pipeline =
        Pipeline.builder(name)
            .from(source)
            .to(new Noting(arrivals))
            .positions(FilePositions.in(job.directory().resolve(name)))
            .firstStart(FirstStart.NOW)
            .build()) {
      pipeline.start();
      Waiting.untilRunning(pipeline);
      knock(arrivals);
      meter.listening();
      meter.begin();
      arrivals.await(PATIENCE_SECONDS, number);
      meter.end(job.events());
    }
  }

  private void knock(Arrivals arrivals) throws SQLException, InterruptedException {
    if (job.task() != Task.MONGO_LATENCY) {
      arrivals.knock();
      return;
    }
    try (MongoClient client = MongoClients.create(job.from().url())) {
      MongoCollection<Document> documents =
          client.getDatabase(job.from().database()).getCollection(job.table());
      arrivals.knock(id -> documents.insertOne(new Document("_id", id)));
    }
  }
}
