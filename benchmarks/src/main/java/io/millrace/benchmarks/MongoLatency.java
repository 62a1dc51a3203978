package io.millrace.benchmarks;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.client.result.UpdateResult;
import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.MongoServer;
import java.util.List;
import java.util.Locale;
import org.bson.Document;

/** How long after its acknowledgement an update of MongoDB reaches the code that handles it. */
final class MongoLatency implements Workload {
  private static final int UPDATES = 5_000;
  private static final String OURS = "Millrace, pipeline";
  private static final String DATABASE = "latency";
  private static final List<Contestant> ALL =
      List.of(
          new Contestant(OURS, Team.MILLRACE, Task.MONGO_LATENCY, Style.WHOLE),
          new Contestant("driver alone", Team.RAW, Task.MONGO_LATENCY, Style.LEAN),
          new Contestant("Debezium, tuned", Team.DEBEZIUM, Task.MONGO_LATENCY, Style.LEAN),
          new Contestant(
              "Debezium, as shipped", Team.DEBEZIUM, Task.MONGO_LATENCY, Style.AS_SHIPPED));

  @Override
  public String name() {
    return "mongo-latency";
  }

  @Override
  public String summary() {
    return "update to handler at " + CommitLatency.PACE + " updates a second on MongoDB";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int updates = bench.options().scaled(UPDATES);
    try (MongoServer server = MongoServer.startDedicated();
        Match match = new Match(bench, name())) {
      MongoCollection<Document> orders =
          server.client().getDatabase(DATABASE).getCollection(Orders.TABLE);
      // Every turn updates documents of its own, once.
      MongoDrain.fill(orders, match.mostTurns(ALL.size()) * updates);
      Place place = Places.of(server, DATABASE);
      for (Contestant contestant : ALL) {
        match.enter(contestant, updates, place, Place.NONE, Orders.TABLE);
      }
      match.prepare();
      match.play(
          (player, round) -> {
            player.process().awaitListening(Player.PATIENCE);
            long first = (long) round * updates;
            long[] committed =
                SteadyWriter.write(
                    updates, CommitLatency.PACE, number -> pay(orders, first + number));
            return player.latencies(round, committed);
          });
      return List.of(
          new Result(
              name(),
              "Update to handler, MongoDB",
              String.format(
                  Locale.ROOT,
                  "%,d documents a round, each updated once, at %d updates a second by the harness with the replica set's"
                      + " write concern; measured from the return of an update to the call of the code that handles"
                      + " it. All four let the server look up the new state. Only the contender whose turn it is"
                      + " reads.",
                  updates,
                  CommitLatency.PACE),
              "updates",
              Result.Measure.LATENCY,
              match.series(),
              List.of(Goal.p99(OURS, 3)),
              List.of(
                  server.description(),
                  "What ours takes beyond the driver's time is the pipeline: decoding, encoding as protobuf, and decoding that"
                      + " again, as a handler would.")));
    }
  }

  /** Updates a document; an update that changes nothing would be no event to wait for. */
  private static void pay(MongoCollection<Document> orders, long id) {
    UpdateResult result = orders.updateOne(Filters.eq("_id", id), Updates.set("status", "paid"));
    if (result.getModifiedCount() != 1) {
      throw new IllegalStateException(
          "the update of document " + id + " changed nothing: " + result);
    }
  }
}
