package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoBulkWriteException;
import com.mongodb.MongoNamespace;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.FindOneAndReplaceOptions;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.InsertOneModel;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.UpdateManyModel;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents, keys, names and writes of every shape arrive in another database as they were. */
@NeedsServer(ServerKind.MONGO)
final class MongoShapesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path positions;

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase from = server.createDatabase("shapes_from");
  private final MongoDatabase to = server.createDatabase("shapes_to");
  private final List<String> names = new ArrayList<>(List.of("item", "größe-x.y z"));
  private Pipeline pipeline;
  private InProcessTransport channel;
  private Applier applier;
  private SourceReader copy;

  private MongoSource source(MongoDatabase database) {
    MongoSource.Builder source =
        MongoSource.builder(server.client(), database.getName()).service("shop");
    names.forEach(source::capture);
    MongoSource built = source.build();
    built.registration().install();
    return built;
  }

  @BeforeEach
  void start() {
    MongoSource built = source(from);
    copy = source(to).open(new ReaderStart("copy", Optional.empty(), 0, FirstStart.NOW));
    channel = InProcessTransport.builder().name("shapes").build();
    pipeline =
        Pipeline.builder("shapes-out")
            .from(built)
            .to(channel.publisher())
            .positions(FilePositions.in(positions))
            .firstStart(FirstStart.NOW)
            .build();
    pipeline.start();
    apply();
  }

  private void apply() {
    MongoTarget.Builder target = MongoTarget.builder(server.client(), to.getName());
    names.forEach(name -> target.mirror(name, name));
    applier =
        Applier.builder("shapes-in")
            .service("copy")
            .from(channel.subscriber("copy"))
            .to(target.build())
            .build();
    applier.start();
  }

  @AfterEach
  void close() {
    applier.close();
    pipeline.close();
    copy.close();
    from.drop();
    to.drop();
  }

  private MongoCollection<BsonDocument> items() {
    return from.getCollection("item", BsonDocument.class);
  }

  private void insert(String json) {
    items().insertOne(BsonDocument.parse(json));
  }

  /** The bytes of all documents. */
  private static SortedSet<String> bytes(MongoDatabase database, String name) {
    SortedSet<String> all = new TreeSet<>();
    for (BsonDocument document : database.getCollection(name, BsonDocument.class).find()) {
      all.add(HexFormat.of().formatHex(BsonValuesTest.bytes(document)));
    }
    return all;
  }

  private static List<String> texts(MongoDatabase database, String name) {
    List<String> all = new ArrayList<>();
    database
        .getCollection(name, BsonDocument.class)
        .find()
        .forEach(document -> all.add(document.toJson()));
    all.sort(null);
    return all;
  }

  private void assertEqual() throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    for (String name : names) {
      while (!bytes(to, name).equals(bytes(from, name)) && System.nanoTime() < deadline) {
        assertThat(applier.held()).isEmpty();
        assertThat(pipeline.status().lastError()).isEmpty();
        Thread.sleep(20);
      }
    }
    assertThat(pipeline.status().lastError()).isEmpty();
    assertThat(applier.held()).isEmpty();
    for (String name : names) {
      if (!bytes(to, name).equals(bytes(from, name))) {
        assertThat(texts(to, name))
            .as("%s, %s, %s", name, applier.status(), pipeline.status())
            .isEqualTo(texts(from, name));
        assertThat(bytes(to, name)).as(name).isEqualTo(bytes(from, name));
      }
    }
  }

  /** Whoever captures the copy knows each change as the applier's own. */
  private void assertEchoes(int atLeast) throws InterruptedException {
    int echoes = 0;
    long deadline = System.nanoTime() + LIMIT.toNanos();
    SourceBatch batch = copy.poll(1_000, Duration.ofMillis(200));
    while (echoes < atLeast || batch.echoes() > 0) {
      assertThat(batch.events()).isEmpty();
      assertThat(System.nanoTime()).as("%s echoes", echoes).isLessThan(deadline);
      echoes += batch.echoes();
      batch = copy.poll(1_000, Duration.ofMillis(200));
    }
    assertThat(batch.events()).isEmpty();
  }

  private static BsonValue id(String json) {
    return BsonDocument.parse("{_id: " + json + "}").get("_id");
  }

  @Test
  void keys_of_every_type_in_one_collection_are_keys_of_their_own() throws Exception {
    List<String> ids = new ArrayList<>(MongoResumeTest.IDS);
    // What other keys are written as.
    ids.addAll(
        List.of("'1'", "'true'", "'1,1'", "'000102'", "'{a:{b:1}}'", "'\\\\n'", "'\\\\e'", "'{}'"));
    for (int i = 0; i < ids.size(); i++) {
      insert("{_id: %s, n: %s}".formatted(ids.get(i), i));
    }
    assertThat(items().countDocuments()).isEqualTo(ids.size());
    for (int i = 0; i < ids.size(); i++) {
      switch (i % 3) {
        case 0 -> items().updateOne(Filters.eq("_id", id(ids.get(i))), Updates.set("n", -i));
        case 1 -> items().deleteOne(Filters.eq("_id", id(ids.get(i))));
        default -> {}
      }
    }
    assertEqual();
    for (int i = 1; i < ids.size(); i += 3) {
      insert("{_id: %s, again: %s}".formatted(ids.get(i), i));
    }
    assertEqual();
    assertEchoes(ids.size());
  }

  @Test
  void numbers_that_are_equal_are_one_key_whatever_their_type() throws Exception {
    equalNumbers();
    assertEqual();
    assertEchoes(4);
    // And in one batch, which makes one write of what becomes of a key.
    applier.close();
    items().deleteMany(new org.bson.Document());
    long before = pipeline.status().counters().acknowledged();
    equalNumbers();
    while (pipeline.status().counters().acknowledged() < before + 117) {
      Thread.sleep(20);
    }
    apply();
    assertEqual();
  }

  private void equalNumbers() {
    List<String> numbers =
        List.of(
            "1", "{$numberLong: '1'}", "1.0", "{$numberDecimal: '1'}", "{$numberDecimal: '1.00'}");
    for (String id : List.of("%s", "{a: %s}", "{a: {b: [%s]}}")) {
      for (String number : numbers) {
        insert("{_id: %s, n: 0}".formatted(id.formatted(number)));
        for (String other : numbers) {
          items().updateOne(Filters.eq("_id", id(id.formatted(other))), Updates.inc("n", 1));
        }
        items().deleteOne(Filters.eq("_id", id(id.formatted(number))));
      }
      insert("{_id: %s, n: 0}".formatted(id.formatted("1.0")));
    }
    for (String zero :
        List.of("0", "-0.0", "{$numberDecimal: '-0.00'}", "{$numberDecimal: 'NaN'}")) {
      insert("{_id: %s, n: 0}".formatted(zero));
      items().deleteOne(Filters.eq("_id", id(zero)));
    }
    insert("{_id: -0.0, n: 0}");
  }

  @Test
  void names_with_dots_dollars_digits_and_none_at_all() throws Exception {
    boolean dollars = server.isAtLeast(5, 0); // older servers refuse them
    insert(
        "{_id: 1, 'a.b': 1, a: {b: 2, 'c.d': 3}, %s '': 5, '0': 6, n: {'0': 7, '': 8 %s}}"
            .formatted(dollars ? "'$x': 4," : "", dollars ? ", '$y': 9" : ""));
    insert("{_id: 2, a: {'0': {'1': 1}}, l: [[1, [2]], {'0': [3]}]}");
    items().updateOne(Filters.eq("_id", 1), Updates.set("a.b", 20));
    items().updateOne(Filters.eq("_id", 1), Updates.set("n.0", 70));
    items().updateOne(Filters.eq("_id", 1), Updates.set("0", 60));
    items().updateOne(Filters.eq("_id", 2), Updates.set("a.0.1", 10));
    items().updateOne(Filters.eq("_id", 2), Updates.set("l.0.1.0", 20));
    items().updateOne(Filters.eq("_id", 2), Updates.set("l.1.0.0", 30));
    items().updateOne(Filters.eq("_id", 2), Updates.set("l.4", 40));
    items().updateOne(Filters.eq("_id", 2), Updates.unset("l.0"));
    items().updateOne(Filters.eq("_id", 2), Updates.unset("a.0.1"));
    items().updateOne(Filters.eq("_id", 2), Updates.popLast("l"));
    items().replaceOne(Filters.eq("_id", 1), BsonDocument.parse("{'a.b': {'c.d': 1}, b: []}"));
    assertEqual();
  }

  @Test
  void every_way_to_write() throws Exception {
    for (int id = 0; id < 10; id++) {
      insert("{_id: %s, a: {b: 1, c: [1, 2, 3, 4]}, n: 0}".formatted(id));
    }
    items()
        .updateMany(
            Filters.lt("_id", 5), Updates.combine(Updates.inc("n", 1), Updates.unset("a.b")));
    items()
        .updateOne(
            Filters.eq("_id", 6),
            List.of(BsonDocument.parse("{$set: {a: {c: {$slice: ['$a.c', 2]}}}}")));
    items()
        .updateOne(
            Filters.eq("_id", 7),
            List.of(BsonDocument.parse("{$replaceWith: {_id: '$_id', p: 1}}")));
    items()
        .replaceOne(Filters.eq("_id", 8), BsonDocument.parse("{a: {b: 1, c: [1, 2, 3, 4]}, n: 0}"));
    items().updateOne(Filters.eq("_id", 8), Updates.set("n", 0)); // changes nothing
    items().updateOne(Filters.eq("_id", 9), Updates.rename("n", "m"));
    items().updateOne(Filters.eq("_id", 9), Updates.currentDate("at"));
    items()
        .findOneAndUpdate(
            Filters.eq("_id", 20), Updates.set("u", 1), new FindOneAndUpdateOptions().upsert(true));
    items()
        .findOneAndReplace(
            Filters.eq("_id", 21),
            BsonDocument.parse("{r: 1}"),
            new FindOneAndReplaceOptions().upsert(true));
    items().findOneAndDelete(Filters.eq("_id", 0));
    List<com.mongodb.client.model.WriteModel<BsonDocument>> models =
        List.of(
            new InsertOneModel<>(BsonDocument.parse("{_id: 30}")),
            new InsertOneModel<>(BsonDocument.parse("{_id: 1}")), // is there
            new UpdateOneModel<>(Filters.eq("_id", 30), Updates.set("x", 1)),
            new UpdateOneModel<>(
                Filters.eq("_id", 31), Updates.set("x", 1), new UpdateOptions().upsert(true)),
            new ReplaceOneModel<>(
                Filters.eq("_id", 32),
                BsonDocument.parse("{y: 1}"),
                new ReplaceOptions().upsert(true)),
            new UpdateManyModel<>(Filters.gte("_id", 30), Updates.inc("x", 1)),
            new DeleteOneModel<>(Filters.eq("_id", 32)));
    for (boolean ordered : List.of(true, false)) {
      try {
        items().bulkWrite(models, new BulkWriteOptions().ordered(ordered));
      } catch (MongoBulkWriteException e) {
        assertThat(e.getWriteErrors()).isNotEmpty();
      }
    }
    try (ClientSession session = server.client().startSession()) {
      session.withTransaction(
          () -> {
            for (int i = 0; i < 5; i++) {
              items()
                  .updateOne(
                      session,
                      Filters.eq("_id", 40),
                      Updates.inc("n", 1),
                      new UpdateOptions().upsert(true));
              items()
                  .replaceOne(
                      session,
                      Filters.eq("_id", 41),
                      new BsonDocument("i", new BsonInt32(i)),
                      new ReplaceOptions().upsert(true));
            }
            items().deleteOne(session, Filters.eq("_id", 40));
            items().insertOne(session, BsonDocument.parse("{_id: 40, back: 1}"));
            items().insertOne(session, BsonDocument.parse("{_id: 42}"));
            items().deleteOne(session, Filters.eq("_id", 42));
            // Made within the transaction.
            from.getCollection(names.get(1), BsonDocument.class)
                .insertOne(session, BsonDocument.parse("{_id: 1, ü: 'ß'}"));
            return session;
          });
    }
    assertEqual();
  }

  @Test
  void documents_near_16_megabytes_and_a_hundred_levels() throws Exception {
    byte[] much = new byte[(16 << 20) - 200];
    items()
        .insertOne(new BsonDocument("_id", new BsonInt32(1)).append("much", new BsonBinary(much)));
    items().updateOne(Filters.eq("_id", 1), Updates.set("n", 1));
    BsonDocument deep = new BsonDocument("end", new BsonInt32(1));
    for (int level = 0; level < 95; level++) {
      deep =
          new BsonDocument(
              "l" + level, level % 7 == 0 ? new org.bson.BsonArray(List.of(deep)) : deep);
    }
    items().insertOne(deep.append("_id", new BsonInt32(2)));
    assertEqual();
  }

  @Test
  void a_collection_that_another_replaces_ends_in_a_lost_position() throws Exception {
    insert("{_id: 1}");
    assertEqual();
    from.getCollection("other").insertOne(new org.bson.Document("_id", 9));
    from.getCollection("other")
        .renameCollection(
            new MongoNamespace(from.getName(), "item"),
            new com.mongodb.client.model.RenameCollectionOptions().dropTarget(true));
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (pipeline.status().lastError().isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
    assertThat(String.valueOf(pipeline.status().lastError())).contains("Accept the");
  }
}
