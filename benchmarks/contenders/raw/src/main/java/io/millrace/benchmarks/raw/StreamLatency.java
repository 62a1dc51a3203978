package io.millrace.benchmarks.raw;

import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.FullDocument;
import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.util.Objects;
import org.bson.RawBsonDocument;

/**
 * The driver's change stream cursor, with the state looked up as the others do, over raw documents,
 * of which only the key is decoded.
 */
final class StreamLatency implements Contender {
  private static final int PATIENCE_SECONDS = 120;

  private final Job job;

  StreamLatency(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    Arrivals arrivals = new Arrivals(job, number);
    try (MongoClient client = MongoClients.create(job.from().url());
        MongoChangeStreamCursor<ChangeStreamDocument<RawBsonDocument>> cursor =
            client
                .getDatabase(job.from().database())
                .getCollection(job.table(), RawBsonDocument.class)
                .watch()
                .fullDocument(FullDocument.UPDATE_LOOKUP)
                .cursor()) {
      meter.listening();
      meter.begin();
      for (int i = 0; i < job.events(); i++) {
        arrivals.arrived(
            Objects.requireNonNull(cursor.next().getDocumentKey()).getInt64("_id").getValue());
      }
      arrivals.await(PATIENCE_SECONDS, number);
      meter.end(job.events());
    }
  }
}
