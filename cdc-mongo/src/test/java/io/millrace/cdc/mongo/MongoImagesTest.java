package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * States before a change. Servers from 6.0 on keep them where a collection's {@code
 * changeStreamPreAndPostImages} says so; before that, where its undocumented {@code
 * recordPreImages} does, which this library does not offer and this test uses, so that what is read
 * is tried on any server.
 */
@NeedsServer(ServerKind.MONGO)
final class MongoImagesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("images");
  private @Nullable Position position;

  @AfterEach
  void drop() {
    database.drop();
  }

  private MongoCollection<Document> items() {
    return database.getCollection("item");
  }

  private MongoSource source() {
    return MongoSource.builder(server.client(), database.getName())
        .service("shop")
        .capture("item", c -> c.rename("_id", "id").ignoreWhenAlone("seen").oldState())
        .capture("plain")
        .build();
  }

  private void keepImages(boolean enabled) {
    database.runCommand(
        server.isAtLeast(6, 0)
            ? new Document("collMod", "item")
                .append("changeStreamPreAndPostImages", new Document("enabled", enabled))
            : new Document("collMod", "item").append("recordPreImages", enabled));
  }

  private void prepare() {
    database.createCollection("item");
    database.createCollection("plain");
    MongoSource.builder(server.client(), database.getName())
        .service("shop")
        .capture("item")
        .build()
        .registration()
        .install();
    keepImages(true);
  }

  private SourceReader open() {
    return source().open(new ReaderStart("p", Optional.ofNullable(position), 0, FirstStart.NOW));
  }

  private List<ChangeEvent> read(SourceReader reader, int number) throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (events.size() < number) {
      assertThat(System.nanoTime()).as("only %s", events).isLessThan(deadline);
      SourceBatch batch = reader.poll(100, Duration.ofMillis(200));
      events.addAll(batch.events());
      position = batch.position() != null ? batch.position() : position;
    }
    return events;
  }

  private static String old(ChangeEvent event) {
    Row old = event.oldValue();
    return event.type() + " " + (old == null ? "-" : old.toString()) + " " + event.changedFields();
  }

  @Test
  void the_state_before_a_change_comes_with_it_in_transactions_too() throws Exception {
    prepare();
    try (SourceReader reader = open();
        ClientSession session = server.client().startSession()) {
      items().insertOne(Document.parse("{_id: 1, a: 1, b: {c: 2, d: [1, 2]}, seen: 0}"));
      items().updateOne(Filters.eq("_id", 1), Updates.set("b.c", 3));
      items().updateOne(Filters.eq("_id", 1), Updates.set("seen", 1));
      items().replaceOne(Filters.eq("_id", 1), Document.parse("{a: 1, b: {c: 3, d: [1]}, e: 5}"));
      items().replaceOne(Filters.eq("_id", 1), Document.parse("{a: 1, b: {c: 3, d: [1]}, e: 5}"));
      items().updateOne(Filters.eq("_id", 1), Updates.unset("e"));
      session.startTransaction();
      items().updateOne(session, Filters.eq("_id", 1), Updates.inc("a", 1));
      items().updateOne(session, Filters.eq("_id", 1), Updates.inc("a", 1));
      items().replaceOne(session, Filters.eq("_id", 1), new Document("a", 7));
      items().deleteOne(session, Filters.eq("_id", 1));
      items().insertOne(session, Document.parse("{_id: 1, a: 8}"));
      session.commitTransaction();
      items().deleteOne(Filters.eq("_id", 1));
      List<ChangeEvent> events = read(reader, 10);
      assertThat(events.stream().map(MongoImagesTest::old))
          .containsExactly(
              "CREATED - [id, a, b, seen]",
              "UPDATED {id=1, a=1, b={c=2, d=[1, 2]}, seen=0} [b.c]",
              "UPDATED {id=1, a=1, b={c=3, d=[1, 2]}, seen=1} [b, e, seen]",
              "UPDATED {id=1, a=1, b={c=3, d=[1]}, e=5} [e]",
              "UPDATED {id=1, a=1, b={c=3, d=[1]}} [a]",
              "UPDATED {id=1, a=2, b={c=3, d=[1]}} [a]",
              "UPDATED {id=1, a=3, b={c=3, d=[1]}} [a, b]",
              "DELETED {id=1, a=7} []",
              "CREATED - [id, a]",
              "DELETED {id=1, a=8} []");
      assertThat(events.subList(4, 9).stream().map(ChangeEvent::transactionId).distinct())
          .hasSize(1);
    }
    // The same again from the log, when nothing of the document is there any more.
    position = null;
  }

  @Test
  void where_no_state_was_kept_the_event_says_what_the_change_itself_says() throws Exception {
    prepare();
    keepImages(false);
    try (SourceReader reader = open()) {
      items().insertOne(Document.parse("{_id: 1, a: 1, b: 2}"));
      items().updateOne(Filters.eq("_id", 1), Updates.set("a", 2));
      List<ChangeEvent> events = new ArrayList<>(read(reader, 2));
      items().replaceOne(Filters.eq("_id", 1), Document.parse("{a: 2, c: 3}"));
      items().deleteOne(Filters.eq("_id", 1));
      events.addAll(read(reader, 2));
      assertThat(events.stream().map(MongoImagesTest::old))
          .containsExactly(
              "CREATED - [id, a, b]", "UPDATED - [a]", "UPDATED - [id, a, c]", "DELETED - []");
      assertThat(Objects.requireNonNull(events.get(1).newValue()).partial()).isFalse();
    }
  }

  @Test
  void a_collection_that_keeps_no_states_is_looked_up_beside_one_that_does() throws Exception {
    prepare();
    try (SourceReader reader = open()) {
      database.getCollection("plain").insertOne(Document.parse("{_id: 1, a: 1, b: 2}"));
      database.getCollection("plain").updateOne(Filters.eq("_id", 1), Updates.set("a", 2));
      ChangeEvent event = read(reader, 2).get(1);
      assertThat(event.oldValue()).isNull();
      assertThat(String.valueOf(event.newValue())).isEqualTo("{_id=1, a=2, b=2}");
    }
  }

  /** As servers from 6.0 on send it where they were asked for a state that they do not have. */
  @Test
  void what_the_stream_does_not_look_up_is_looked_up_by_us() {
    database.createCollection("plain");
    database.getCollection("plain").insertOne(Document.parse("{_id: {a: 1}, n: 5, m: 6}"));
    BsonTimestamp now =
        Objects.requireNonNull(
            database.runCommand(new Document("ping", 1)).get("operationTime", BsonTimestamp.class));
    MongoSettings settings =
        new MongoSettings(
            server.client(),
            database.getName(),
            "shop",
            List.of(),
            Optional.empty(),
            Duration.ZERO,
            java.time.Clock.systemUTC(),
            new java.util.Random());
    for (boolean there : List.of(true, false)) {
      BsonDocument document =
          BsonDocument.parse(
              "{operationType: 'update', ns: {db: 'd', coll: 'plain'}, documentKey: {_id: {a: %s}},"
                      .formatted(there ? 1 : 2)
                  + " fullDocument: null, fullDocumentBeforeChange: null, wallTime: {$date: 7},"
                  + " updateDescription: {updatedFields: {n: 5}, removedFields: [], truncatedArrays: []}}");
      document.append("_id", new BsonDocument("_data", new BsonString(TokenTextTest.SINCE_7)));
      document.append("clusterTime", now);
      ChangeDocument change = new ChangeDocument();
      change.read(BsonBytes.Slice.of(new RawBsonDocument(document, new BsonDocumentCodec())));
      EventMaker maker =
          new EventMaker(
              new CapturedCollection(
                  "plain",
                  "plain",
                  false,
                  java.util.Set.of(),
                  java.util.Set.of(),
                  List.of(),
                  java.util.Map.of()),
              new BsonDecoder(),
              new StateLookup(settings, true),
              "shop",
              new MongoRegistration.Registered("log", 1));
      ChangeEvent event = Objects.requireNonNull(maker.event(change, maker.key(change), 0));
      assertThat(event.type()).isEqualTo(ChangeType.UPDATED);
      assertThat(event.changedAt().toEpochMilli()).isEqualTo(7);
      assertThat(String.valueOf(event.newValue()))
          .isEqualTo(there ? "{_id={a=1}, n=5, m=6}" : "{_id={a=2}, n=5, …}");
    }
  }
}
