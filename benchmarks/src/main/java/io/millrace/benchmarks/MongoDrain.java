package io.millrace.benchmarks;

import com.mongodb.client.MongoCollection;
import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bson.Document;
import org.bson.types.Decimal128;

/** MongoDB's change stream, against the driver that only counts raw documents, and Debezium. */
final class MongoDrain implements Workload {
  private static final int EVENTS = 500_000;
  private static final int PER_INSERT = 1000;
  private static final String OURS = "Millrace, events";
  private static final String DRIVER = "driver alone, raw documents";
  private static final List<Contestant> ALL =
      List.of(
          new Contestant(OURS, Team.MILLRACE, Task.MONGO_DRAIN, Style.LEAN),
          new Contestant(DRIVER, Team.RAW, Task.MONGO_DRAIN, Style.LEAN),
          new Contestant("Debezium, structs", Team.DEBEZIUM, Task.MONGO_DRAIN, Style.LEAN),
          new Contestant(
              "Millrace, pipeline to protobuf", Team.MILLRACE, Task.MONGO_DRAIN, Style.WHOLE),
          new Contestant("Debezium, JSON", Team.DEBEZIUM, Task.MONGO_DRAIN, Style.WHOLE));

  @Override
  public String name() {
    return "mongo-drain";
  }

  @Override
  public String summary() {
    return "MongoDB's change stream to events, against the driver alone and Debezium";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int events = bench.options().scaled(EVENTS);
    try (MongoServer server =
            MongoServer.startDedicated(ServerOptions.defaults().with("oplogSize", "2000"));
        Match match = new Match(bench, name())) {
      Place place = Places.of(server, "speed");
      MongoCollection<Document> orders =
          server.client().getDatabase("speed").getCollection(Orders.TABLE);
      server.client().getDatabase("speed").createCollection(Orders.TABLE);
      for (Contestant contestant : ALL) {
        match.enter(contestant, events, place, Place.NONE, Orders.TABLE);
      }
      match.prepare();
      bench.progress().say("%s  writing %,d documents to %s", name(), events, server.description());
      fill(orders, events);
      match.play();
      return List.of(
          new Result(
              name(),
              "MongoDB change stream",
              String.format(
                  Locale.ROOT,
                  "%,d documents of six fields inserted, read again from the oplog in every round. The driver counts"
                      + " `RawBsonDocument`s. *Events* are fully decoded; *pipeline* also encodes them as protobuf and"
                      + " hands them to a publisher that does nothing. Debezium's *structs* are its cheapest form, in"
                      + " which a document is a text of JSON. Opening the stream counts, but for Debezium.",
                  events),
              "documents",
              Result.Measure.RATE,
              match.series(),
              List.of(Goal.ratio(OURS, DRIVER, 0.85)),
              List.of(
                  server.description(),
                  "What limits ours is the server, which makes a change document of each entry, and decoding; the pipeline also"
                      + " encodes. The engine is counted from its first batch on, which is made by then: that favours it.")));
    }
  }

  /** Inserts documents with ids from 0 on. */
  static void fill(MongoCollection<Document> orders, int events) {
    List<Document> group = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      group.add(
          new Document("_id", (long) i)
              .append("customer", i * 7L)
              .append("status", "open")
              .append("total", new Decimal128(i))
              .append("note", "a note of some length for order " + i)
              .append("placed", Instant.ofEpochMilli(i)));
      if (group.size() == PER_INSERT || i + 1 == events) {
        orders.insertMany(group);
        group.clear();
      }
    }
  }
}
