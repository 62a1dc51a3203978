package io.millrace.cdc.mongo;

import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.types.Decimal128;

/**
 * How fast a change stream becomes events, against the driver that only counts raw documents, in
 * turns; and how many rows a second the target writes. Run by hand: docs/testing.md.
 */
public final class StreamBenchmark {
  private static final int ROWS = Integer.getInteger("millrace.benchmark.rows", 200_000);
  private static final int ROUNDS = Integer.getInteger("millrace.benchmark.rounds", 7);
  private static final int GROUP = 100;

  private StreamBenchmark() {}

  /** Fills a collection, reads its stream, and writes rows. */
  public static void main(String[] arguments) throws Exception {
    try (MongoServer server =
        MongoServer.startDedicated(
            io.millrace.cdc.testkit.ServerOptions.defaults().with("oplogSize", "2000"))) {
      MongoDatabase database = server.client().getDatabase("speed");
      database.createCollection("orders");
      MongoSource source =
          MongoSource.builder(server.client(), "speed").service("shop").capture("orders").build();
      source.registration().install();
      BsonTimestamp start = now(database);
      Position begin;
      try (SourceReader reader =
          source.open(new ReaderStart("begin", Optional.empty(), 0, FirstStart.NOW))) {
        begin = reader.position();
      }
      fill(database.getCollection("orders"));
      double[] raw = new double[ROUNDS];
      double[] ours = new double[ROUNDS];
      double[] ratio = new double[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        raw[i] = raw(database, start);
        ours[i] = ours(source, begin, "drain" + i);
        ratio[i] = ours[i] / raw[i];
        System.out.printf("raw %.0f/s, events %.0f/s, %.2f%n", raw[i], ours[i], ratio[i]);
      }
      System.out.printf(
          "medians: raw %.0f/s, events %.0f/s, %.2f%n", median(raw), median(ours), median(ratio));
      double[] applied = new double[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        applied[i] = apply(server, i);
      }
      System.out.printf("applied, median: %.0f rows/s in groups of %d%n", median(applied), GROUP);
    }
  }

  private static BsonTimestamp now(MongoDatabase database) {
    return database.runCommand(new Document("ping", 1)).get("operationTime", BsonTimestamp.class);
  }

  private static void fill(MongoCollection<Document> orders) {
    List<Document> group = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      group.add(
          new Document("_id", (long) i)
              .append("customer", i * 7L)
              .append("status", "open")
              .append("total", new Decimal128(i))
              .append("note", "a note of some length for order " + i)
              .append("placed", java.time.Instant.ofEpochMilli(i)));
      if (group.size() == 1000) {
        orders.insertMany(group);
        group.clear();
      }
    }
  }

  private static double raw(MongoDatabase database, BsonTimestamp start) {
    long started = System.nanoTime();
    int rows = 0;
    try (MongoChangeStreamCursor<RawBsonDocument> cursor =
        (MongoChangeStreamCursor<RawBsonDocument>)
            database
                .getCollection("orders")
                .watch()
                .startAtOperationTime(start)
                .withDocumentClass(RawBsonDocument.class)
                .cursor()) {
      while (rows < ROWS) {
        if (cursor.tryNext() != null) {
          rows++;
        }
      }
    }
    return perSecond(rows, started);
  }

  private static double ours(MongoSource source, Position begin, String pipeline)
      throws InterruptedException {
    long started = System.nanoTime();
    int rows = 0;
    try (SourceReader reader =
        source.open(new ReaderStart(pipeline, Optional.of(begin), 1, FirstStart.NOW))) {
      while (rows < ROWS) {
        rows += reader.poll(1000, Duration.ofSeconds(10)).events().size();
      }
    }
    return perSecond(rows, started);
  }

  private static double apply(MongoServer server, int round) {
    int rows = ROWS / 20;
    try (TargetSession session =
        MongoTarget.builder(server.client(), "applied" + round)
            .mirror("order", "orders", m -> m.rename("id", "_id").fields("status", "note"))
            .build()
            .open("in")) {
      long started = System.nanoTime();
      for (int from = 0; from < rows; from += GROUP) {
        List<RowWrite> writes = new ArrayList<>(GROUP);
        List<EntityKey> keys = new ArrayList<>(GROUP);
        for (int id = from; id < from + GROUP; id++) {
          EntityKey key = EntityKey.of("order", Integer.toString(id));
          byte[] version = Version.of(1, ByteBuffer.allocate(8).putLong(id).array()).toBytes();
          keys.add(key);
          writes.add(
              new RowWrite(
                  key,
                  RowWrite.Kind.UPSERT,
                  Row.of("id", Value.of((long) id)),
                  Row.builder()
                      .put("status", Value.of("open"))
                      .put("note", Value.of("a note of some length for order " + id))
                      .build(),
                  List.of(new LedgerEntry(key, "log-1", version, false, null, 0))));
        }
        try (TargetTransaction transaction = session.begin()) {
          transaction.ledger(keys);
          transaction.write("order", writes);
          transaction.commit();
        }
      }
      return perSecond(rows, started);
    }
  }

  private static double perSecond(int rows, long started) {
    return rows * 1e9 / (System.nanoTime() - started);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
