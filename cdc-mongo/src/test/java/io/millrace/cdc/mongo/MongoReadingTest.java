package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.ManualClock;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a reader makes of changes that are out of the ordinary. */
@NeedsServer(ServerKind.MONGO)
final class MongoReadingTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("reading");

  @AfterEach
  void drop() {
    database.drop();
  }

  private MongoCollection<BsonDocument> items() {
    return database.getCollection("item", BsonDocument.class);
  }

  private SourceReader open(MongoClient client) {
    MongoSource source =
        MongoSource.builder(client, database.getName()).service("shop").capture("item").build();
    source.registration().install();
    return source.open(new ReaderStart("p", Optional.empty(), 0, FirstStart.NOW));
  }

  private static List<ChangeEvent> read(SourceReader reader, int count)
      throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (events.size() < count) {
      events.addAll(reader.poll(100, Duration.ofMillis(500)).events());
      assertThat(System.nanoTime()).as("%s", events).isLessThan(deadline);
    }
    return events;
  }

  @Test
  void the_clients_own_read_concern_and_preference_do_not_matter() throws Exception {
    String options = "readConcernLevel=local&readPreference=secondaryPreferred";
    String url = server.connectionString();
    try (MongoClient client = MongoClients.create(url + (url.contains("?") ? "&" : "?") + options);
        SourceReader reader = open(client)) {
      items().insertOne(BsonDocument.parse("{_id: 1}"));
      assertThat(read(reader, 1)).extracting(ChangeEvent::id).containsExactly("1");
    }
  }

  /** Only an update by pipeline writes to fields whose names hold dots. */
  private void replaceWith(String document) {
    items()
        .updateOne(
            Filters.eq("_id", 1),
            List.of(BsonDocument.parse("{$replaceWith: {$literal: " + document + "}}")));
  }

  @Test
  void names_with_dots_are_told_so_that_nothing_that_changed_is_missing() throws Exception {
    assumeTrue(server.isAtLeast(5, 0), "older servers log such an update as a replacement");
    String filler = "f: 'so long that a difference is shorter than the whole document is, much'";
    try (SourceReader reader = open(server.client())) {
      items()
          .insertOne(
              BsonDocument.parse(
                  "{_id: 1, 'x.y': [1, 2, 3, 4, 5, 6, 7, 8, 9], 'a.b': 1, a: {b: 1, 'c.d': {e: 1, g: 1}, c: 1}, %s}"
                      .formatted(filler)));
      replaceWith(
          "{_id: 1, 'x.y': [1, 2], 'a.b': 1, a: {b: 1, 'c.d': {e: 1, g: 1}, c: 1}, %s}"
              .formatted(filler));
      replaceWith(
          "{_id: 1, 'x.y': [1, 2], 'a.b': 2, a: {b: 2, 'c.d': {e: 1, g: 1}, c: 1}, %s}"
              .formatted(filler));
      replaceWith(
          "{_id: 1, 'x.y': [1, 2], 'a.b': 2, a: {b: 2, 'c.d': {e: 2, g: 1}, c: 1}, %s}"
              .formatted(filler));
      List<ChangeEvent> events = read(reader, 4);
      assertThat(events.subList(1, 4))
          .extracting(ChangeEvent::changedFields)
          .containsExactly(List.of("x.y"), List.of("a.b"), List.of("a"));
    }
  }

  @Test
  void a_batch_of_large_documents_is_a_short_one() throws Exception {
    byte[] much = new byte[1 << 20];
    try (SourceReader reader = open(server.client())) {
      for (int i = 0; i < 40; i++) {
        items()
            .insertOne(
                new BsonDocument("_id", new BsonInt32(i)).append("much", new BsonBinary(much)));
      }
      int read = 0;
      int largest = 0;
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (read < 40 && System.nanoTime() < deadline) {
        SourceBatch batch = reader.poll(1000, Duration.ofMillis(500));
        largest = Math.max(largest, batch.events().size());
        read += batch.events().size();
      }
      assertThat(read).isEqualTo(40);
      assertThat(largest).isBetween(1, 5);
    }
  }

  @Test
  void what_is_lost_with_this_librarys_notes_is_no_change() throws Exception {
    try (SourceReader reader = open(server.client())) {
      database.getCollection(HeartbeatDocuments.COLLECTION).drop();
      database.getCollection(Marks.COLLECTION).drop();
      items().insertOne(BsonDocument.parse("{_id: 1}"));
      items().updateOne(Filters.eq("_id", 1), Updates.set("n", 1));
      assertThat(read(reader, 2)).hasSize(2);
    }
  }

  @Test
  void what_is_too_large_with_its_state_is_looked_up_where_the_server_cannot_split_it()
      throws Exception {
    try (SourceReader reader = open(server.client())) {
      items()
          .insertOne(
              new BsonDocument("_id", new BsonInt32(1))
                  .append("much", new BsonBinary(new byte[9 << 20])));
      byte[] much = new byte[10 << 20];
      items().updateOne(Filters.eq("_id", 1), Updates.set("much", new BsonBinary(much)));
      items().updateOne(Filters.eq("_id", 1), Updates.set("n", 1));
      List<ChangeEvent> events = new ArrayList<>(read(reader, 3));
      // When nothing more was there to read, the server looks states up again.
      assertThat(reader.poll(10, Duration.ofMillis(700)).events()).isEmpty();
      items().updateOne(Filters.eq("_id", 1), Updates.set("n", 2));
      events.addAll(read(reader, 1));
      assertThat(events)
          .extracting(ChangeEvent::changedFields)
          .containsExactly(List.of("_id", "much"), List.of("much"), List.of("n"), List.of("n"));
      assertThat(Objects.requireNonNull(events.get(1).newValue()).get("much"))
          .isEqualTo(new Value.BytesValue(much));
    }
  }

  @Test
  void a_captured_name_that_comes_to_stand_for_something_else_ends_the_reading() throws Exception {
    ManualClock clock = ManualClock.at("2026-01-01T00:00:00Z");
    MongoSource source =
        MongoSource.builder(server.client(), database.getName())
            .service("shop")
            .capture("item")
            .clock(clock)
            .build();
    source.registration().install();
    try (SourceReader reader =
        source.open(new ReaderStart("p", Optional.empty(), 0, FirstStart.NOW))) {
      reader.poll(10, Duration.ofMillis(100));
      database.createCollection(
          "item", new CreateCollectionOptions().capped(true).sizeInBytes(4096));
      items().insertOne(BsonDocument.parse("{_id: 1}"));
      read(reader, 1);
      clock.advance(Duration.ofMinutes(2));
      assertThatThrownBy(() -> reader.poll(10, Duration.ofMillis(100)))
          .isInstanceOf(SourceException.class)
          .hasMessageContaining("capped")
          .matches(e -> !((SourceException) e).retryable());
    }
    items().drop();
    database.createView("item", "other", List.of());
    try (SourceReader reader =
        source.open(new ReaderStart("p", Optional.empty(), 0, FirstStart.NOW))) {
      assertThatThrownBy(() -> reader.poll(10, Duration.ofMillis(100)))
          .isInstanceOf(SourceException.class)
          .hasMessageContaining("view");
    }
  }

  @Test
  void two_fields_that_would_get_one_name_are_told_with_what_to_do() throws Exception {
    MongoSource source =
        MongoSource.builder(server.client(), database.getName())
            .service("shop")
            .capture("item", c -> c.rename("_id", "id"))
            .build();
    source.registration().install();
    try (SourceReader reader =
        source.open(new ReaderStart("p", Optional.empty(), 0, FirstStart.NOW))) {
      items().insertOne(BsonDocument.parse("{_id: 1, id: 'its own'}"));
      assertThatThrownBy(() -> read(reader, 1))
          .isInstanceOf(SourceException.class)
          .hasMessageContaining("exclude it");
    }
  }
}
