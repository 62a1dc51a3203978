package io.millrace.benchmarks.raw;

import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;

/**
 * The driver's change stream cursor over raw documents, which are counted. Opening it counts, as it
 * does for ours.
 */
final class StreamDrain implements Contender {
  private final Job job;
  private BsonTimestamp begin = new BsonTimestamp();

  StreamDrain(Job job) {
    this.job = job;
  }

  @Override
  public void prepare() {
    try (MongoClient client = MongoClients.create(job.from().url())) {
      begin =
          client
              .getDatabase(job.from().database())
              .runCommand(new Document("ping", 1))
              .get("operationTime", BsonTimestamp.class);
    }
  }

  @Override
  public void round(int number, Meter meter) {
    try (MongoClient client = MongoClients.create(job.from().url())) {
      MongoDatabase database = client.getDatabase(job.from().database());
      database.runCommand(new Document("ping", 1)); // connected
      meter.begin();
      try (MongoChangeStreamCursor<RawBsonDocument> cursor =
          (MongoChangeStreamCursor<RawBsonDocument>)
              database
                  .getCollection(job.table())
                  .watch()
                  .startAtOperationTime(begin)
                  .withDocumentClass(RawBsonDocument.class)
                  .cursor()) {
        int read = 0;
        while (read < job.events()) {
          if (cursor.tryNext() != null) {
            read++;
          }
        }
        meter.end(read);
      }
    }
  }
}
