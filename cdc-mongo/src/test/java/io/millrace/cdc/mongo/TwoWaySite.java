package io.millrace.cdc.mongo;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoWriteException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/** A database that is captured, written by a writer, and written by its applier in shared mode. */
final class TwoWaySite implements AutoCloseable {
  private static final int KEYS = 12;

  private final String name;
  private final MongoClient client;
  private final MongoDatabase database;
  private final Random random;
  private final Pipeline pipeline;
  private final Applier applier;

  /** Changes that the writer made. */
  private final AtomicLong made = new AtomicLong();

  TwoWaySite(
      String name,
      MongoClient client,
      MongoDatabase database,
      InProcessTransport channel,
      Path positions,
      Random random) {
    this.name = name;
    this.client = client;
    this.database = database;
    this.random = random;
    database.createCollection("item");
    MongoSource source =
        MongoSource.builder(client, database.getName())
            .service(name)
            .capture("item", c -> optional(c.rename("_id", "id")))
            .build();
    source.registration().install();
    this.pipeline =
        Pipeline.builder(name + "-out")
            .from(source)
            .to(channel.publisher())
            .positions(FilePositions.in(positions))
            .firstStart(FirstStart.NOW)
            .build();
    this.applier =
        Applier.builder(name + "-in")
            .service(name)
            .from(channel.subscriber(name))
            .to(
                MongoTarget.builder(client, database.getName())
                    .shared(
                        "item",
                        "item",
                        m ->
                            m.rename("id", "_id")
                                .fields("name", "n", "tags")
                                .optional("name", "n", "tags"))
                    .build())
            .maxWait(Duration.ofMillis(20))
            .build();
  }

  /** One of the two sites tells of what a document lacks, the other leaves it out. */
  private CollectionOptions optional(CollectionOptions options) {
    return name.equals("left") ? options.optional("name", "n", "tags") : options;
  }

  void start() throws InterruptedException {
    pipeline.start();
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (pipeline.status().state() != PipelineState.RUNNING) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(pipeline.status().toString());
      }
      Thread.sleep(10);
    }
    applier.start();
  }

  /** Random changes of a few documents, alone and in transactions. */
  void write(int times) {
    MongoCollection<Document> items = database.getCollection("item");
    for (int i = 0; i < times; i++) {
      if (random.nextInt(4) == 0) {
        try (ClientSession session = client.startSession()) {
          // The writer has no seed inside of withTransaction, which may run it again.
          List<Integer> dice = List.of(random.nextInt(100), random.nextInt(100));
          List<Long> ids = List.of((long) random.nextInt(KEYS), (long) random.nextInt(KEYS));
          Long changed =
              session.withTransaction(
                  () -> {
                    long count = 0;
                    for (int k = 0; k < dice.size(); k++) {
                      count += one(items, session, ids.get(k), dice.get(k));
                    }
                    return count;
                  });
          made.addAndGet(changed);
        }
      } else {
        made.addAndGet(one(items, null, random.nextInt(KEYS), random.nextInt(100)));
      }
    }
  }

  private long one(
      MongoCollection<Document> items, @Nullable ClientSession session, long id, int dice) {
    Bson key = Filters.eq("_id", id);
    if (dice < 8) {
      return (session == null ? items.deleteOne(key) : items.deleteOne(session, key))
          .getDeletedCount();
    }
    if (dice < 30) {
      return insert(items, session, new Document("_id", id).append("name", name + dice));
    }
    if (dice < 40) {
      Document whole = new Document("_id", id).append("n", dice).append("name", "replaced");
      return (session == null
              ? items.replaceOne(key, whole)
              : items.replaceOne(session, key, whole))
          .getModifiedCount();
    }
    Bson update =
        dice < 60
            ? Updates.set("name", name + dice)
            : dice < 80
                ? Updates.set("n", dice)
                : dice < 90 ? Updates.push("tags", dice) : Updates.unset("tags");
    return (session == null ? items.updateOne(key, update) : items.updateOne(session, key, update))
        .getModifiedCount();
  }

  private static long insert(
      MongoCollection<Document> items, @Nullable ClientSession session, Document document) {
    if (session != null) {
      // A refused insert would end the transaction.
      Bson key = Filters.eq("_id", document.get("_id"));
      if (items.find(session, key).first() != null) {
        return 0;
      }
      items.insertOne(session, document);
      return 1;
    }
    try {
      items.insertOne(document);
      return 1;
    } catch (MongoWriteException e) {
      if (e.getError().getCategory() != ErrorCategory.DUPLICATE_KEY) {
        throw e;
      }
      return 0;
    }
  }

  MongoCollection<Document> items() {
    return database.getCollection("item");
  }

  long made() {
    return made.get();
  }

  /** Events that the pipeline took for this site's own; heartbeats are not among them. */
  long captured() {
    return pipeline.status().counters().captured();
  }

  Applier applier() {
    return applier;
  }

  /** All documents with the shared fields, null for those that are missing. */
  List<String> documents() {
    List<String> rows = new ArrayList<>();
    for (Document row : database.getCollection("item").find().sort(Sorts.ascending("_id"))) {
      rows.add(row.get("_id") + " " + row.get("name") + " " + row.get("n") + " " + row.get("tags"));
    }
    return rows;
  }

  @Override
  public String toString() {
    return name + ": made " + made + ", " + pipeline.status() + ", " + applier.status();
  }

  @Override
  public void close() {
    applier.close();
    pipeline.close();
  }
}
