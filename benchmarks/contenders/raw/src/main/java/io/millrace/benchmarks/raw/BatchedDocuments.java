package io.millrace.benchmarks.raw;

import com.mongodb.ReadConcern;
import com.mongodb.TransactionOptions;
import com.mongodb.WriteConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.WriteModel;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Style;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.bson.Document;
import org.bson.types.Decimal128;

/**
 * Upserts of documents in batches of a transaction each. In its whole style with everything that an
 * exact applier has to write besides, and nothing of what it has to know: a ledger document per
 * row, a mark that names the rows, and the offset.
 */
final class BatchedDocuments implements Contender {
  private static final BulkWriteOptions UNORDERED = new BulkWriteOptions().ordered(false);
  private static final TransactionOptions MAJORITY =
      TransactionOptions.builder()
          .readConcern(ReadConcern.SNAPSHOT)
          .writeConcern(WriteConcern.MAJORITY)
          .build();

  private final Job job;

  BatchedDocuments(Job job) {
    this.job = job;
  }

  @Override
  public void prepare() {
    try (MongoClient client = MongoClients.create(job.to().url())) {
      List<String> there =
          client.getDatabase(job.to().database()).listCollectionNames().into(new ArrayList<>());
      for (String name : List.of("bare_ledger", "bare_mark", "bare_offset")) {
        if (!there.contains(name)) {
          client.getDatabase(job.to().database()).createCollection(name);
        }
      }
    }
  }

  @Override
  public void round(int number, Meter meter) {
    prepare();
    try (MongoClient client = MongoClients.create(job.to().url());
        ClientSession session = client.startSession()) {
      MongoDatabase database = client.getDatabase(job.to().database());
      meter.begin();
      for (int from = 0; from < job.events(); from += job.batch()) {
        int first = from;
        int end = Math.min(job.events(), from + job.batch());
        session.withTransaction(
            () -> {
              write(database, session, number, first, end);
              return number;
            },
            MAJORITY);
      }
    }
    meter.end(job.events());
  }

  private void write(MongoDatabase database, ClientSession session, int number, int from, int end) {
    List<WriteModel<Document>> rows = new ArrayList<>(end - from);
    List<WriteModel<Document>> ledger = new ArrayList<>(end - from);
    List<Document> names = new ArrayList<>(end - from);
    for (int i = from; i < end; i++) {
      long version = (long) number * job.events() + i;
      Document id = new Document("_id", (long) i);
      rows.add(
          new ReplaceOneModel<>(
              id,
              new Document("_id", (long) i)
                  .append("customer", version % 1000)
                  .append("total", Decimal128.parse("12.34"))
                  .append("note", "a note of some length for order " + version),
              new ReplaceOptions().upsert(true)));
      if (job.style() == Style.WHOLE) {
        ledger.add(ledger(i, version));
        names.add(new Document("c", job.table()).append("k", Integer.toString(i)));
      }
    }
    if (job.style() == Style.WHOLE) {
      database
          .getCollection("bare_offset")
          .updateOne(
              session,
              new Document("_id", 0),
              new Document("$set", new Document("next", (long) end)),
              new UpdateOptions().upsert(true));
      database
          .getCollection("bare_mark")
          .replaceOne(
              session,
              new Document("_id", "bare"),
              new Document("_id", "bare").append("mark", (long) from).append("rows", names),
              new ReplaceOptions().upsert(true));
    }
    database.getCollection(job.table()).bulkWrite(session, rows, UNORDERED);
    if (job.style() == Style.WHOLE) {
      database.getCollection("bare_ledger").bulkWrite(session, ledger, UNORDERED);
    }
  }

  private static WriteModel<Document> ledger(int id, long version) {
    Document entry =
        new Document("v", HexFormat.of().toHexDigits(version)).append("d", false).append("h", 0);
    return new UpdateOneModel<>(
        new Document(
            "_id",
            new Document("a", "feed").append("e", "order").append("i", Integer.toString(id))),
        new Document("$set", new Document("mark", version).append("logs.billing-00000001", entry)),
        new UpdateOptions().upsert(true));
  }
}
