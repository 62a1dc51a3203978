package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.LedgerStretch;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.SeenHeartbeat;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.ManualClock;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.Channel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonType;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MONGO)
final class MongoTargetTest {
  private static final Channel CHANNEL = new Channel("test", "shop", "one", 1);
  private static final String LOG = "shop-1";
  private static final String BIG = "x".repeat(10_000);

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("steps");
  private final ManualClock clock = ManualClock.at("2026-01-01T00:00:00Z");

  @AfterEach
  void drop() {
    database.drop();
  }

  private MongoTarget.Builder target() {
    return MongoTarget.builder(server.client(), database.getName()).clock(clock);
  }

  private TargetSession items() {
    return target()
        .mirror("item", "item", m -> m.rename("id", "_id").fields("name"))
        .build()
        .open("in");
  }

  private static EntityKey key(long id) {
    return EntityKey.of("item", Long.toString(id));
  }

  private static byte[] version(long number) {
    return Version.of(1, ByteBuffer.allocate(8).putLong(number).array()).toBytes();
  }

  private static RowWrite write(RowWrite.Kind kind, long id, String name) {
    boolean gone = kind == RowWrite.Kind.DELETE;
    return new RowWrite(
        key(id),
        kind,
        Row.of("id", Value.of(id)),
        gone ? Row.empty() : Row.of("name", Value.of(name)),
        List.of(new LedgerEntry(key(id), LOG, version(id), gone, null, 0)));
  }

  private List<String> names() {
    List<String> names = new ArrayList<>();
    database
        .getCollection("item")
        .find()
        .sort(new Document("_id", 1))
        .forEach(item -> names.add(item.get("_id") + item.getString("name")));
    return names;
  }

  private void uniqueNames() {
    database
        .getCollection("item")
        .createIndex(Indexes.ascending("name"), new IndexOptions().unique(true));
  }

  @Test
  void going_back_to_a_savepoint_undoes_what_came_after_it_and_nothing_else() {
    uniqueNames();
    try (TargetSession session = items();
        TargetTransaction transaction = session.begin()) {
      transaction.advance(CHANNEL, List.of(new OffsetStep(0, null, 5)));
      transaction.write("item", List.of(write(RowWrite.Kind.UPSERT, 1, "a")));
      Object point = transaction.savepoint();
      transaction.write("item", List.of(write(RowWrite.Kind.UPSERT, 2, "b")));
      RejectedException refused =
          assertThrows(
              RejectedException.class,
              () -> transaction.write("item", List.of(write(RowWrite.Kind.UPSERT, 3, "a"))));
      assertTrue(refused.unique());
      transaction.rollbackTo(point);
      transaction.write("item", List.of(write(RowWrite.Kind.UPSERT, 4, "d")));
      transaction.commit();
      assertEquals(List.of("1a", "4d"), names());
      assertEquals(5, session.offsets(CHANNEL).get(0).next());
    }
  }

  @Test
  void who_reads_something_else_when_steps_are_taken_again_begins_anew() {
    uniqueNames();
    database.getCollection("item").insertOne(new Document("_id", 1L).append("name", "a"));
    try (TargetSession session = items();
        TargetTransaction transaction = session.begin()) {
      Map<EntityKey, Row> keys = Map.of(key(1), Row.of("id", Value.of(1)));
      assertEquals(Map.of(key(1), Row.of("name", Value.of("a"))), transaction.lock("item", keys));
      Object point = transaction.savepoint();
      assertThrows(
          RejectedException.class,
          () -> transaction.write("item", List.of(write(RowWrite.Kind.UPSERT, 3, "a"))));
      transaction.rollbackTo(point);
      database.getCollection("item").updateOne(Filters.eq("_id", 1L), Updates.set("name", "z"));
      assertThrows(
          RestartException.class,
          () -> transaction.write("item", List.of(write(RowWrite.Kind.UPSERT, 4, "d"))));
    }
  }

  @Test
  void a_document_that_somebody_wrote_meanwhile_begins_the_transaction_anew() {
    database.getCollection("item").insertOne(new Document("_id", 1L).append("name", "a"));
    try (TargetSession session = items();
        TargetTransaction transaction = session.begin()) {
      transaction.lock("item", Map.of(key(1), Row.of("id", Value.of(1))));
      database.getCollection("item").updateOne(Filters.eq("_id", 1L), Updates.set("name", "z"));
      transaction.write("item", List.of(write(RowWrite.Kind.UPDATE, 1, "b")));
      assertThrows(RestartException.class, transaction::commit);
    }
    assertEquals(List.of("1z"), names());
  }

  @Test
  void an_offset_that_somebody_else_moved_ends_the_transaction() {
    try (TargetSession session = items()) {
      for (int round = 0; round < 2; round++) {
        try (TargetTransaction transaction = session.begin()) {
          List<OffsetStep> first = List.of(new OffsetStep(0, null, 5));
          if (round == 0) {
            transaction.advance(CHANNEL, first);
            transaction.commit();
          } else {
            assertThrows(FencedException.class, () -> advance(transaction, first));
          }
        }
      }
      try (TargetTransaction transaction = session.begin()) {
        assertThrows(
            FencedException.class, () -> advance(transaction, List.of(new OffsetStep(0, 4L, 9))));
      }
    }
  }

  /** What is refused is thrown by the call or by the commit, as the transaction likes. */
  private static void advance(TargetTransaction transaction, List<OffsetStep> steps) {
    transaction.advance(CHANNEL, steps);
    transaction.commit();
  }

  private static ChangeEvent keyed(String entity, Row key) {
    return ChangeEvent.builder()
        .type(ChangeType.DELETED)
        .entity(entity)
        .key(key)
        .source("billing")
        .changedAt(Instant.EPOCH)
        .log(LOG)
        .version(Version.of(1, new byte[8]))
        .transactionId("t")
        .build();
  }

  @Test
  void a_key_that_would_be_another_one_here_is_refused() {
    MongoSource.builder(server.client(), database.getName())
        .service("shop")
        .capture("both")
        .build()
        .registration()
        .install();
    Row micros = Row.of("id", new Value.TimestampValue(1, 1_000));
    Row day = Row.of("id", new Value.DateValue(1));
    Row pair = Row.builder().put("a", Value.of(1)).put("b", Value.of(2)).build();
    Row swapped = Row.builder().put("b", Value.of(2)).put("a", Value.of(1)).build();
    try (TargetSession session =
        target()
            .mirror("copy", "copy", m -> m.rename("id", "_id").fields("name"))
            .shared("both", "both", m -> m.rename("id", "_id").fields("name"))
            .shared(
                "text", "text", m -> m.rename("id", "_id").fields("name").as("id", BsonType.STRING))
            .shared("pair", "pair", m -> m.rename("a", "_id.a").rename("b", "_id.b").fields("name"))
            .build()
            .open("in")) {
      List<ChangeEvent> refused =
          List.of(
              keyed("copy", micros),
              keyed("both", micros),
              keyed("both", day),
              keyed("pair", swapped));
      for (ChangeEvent event : refused) {
        assertThrows(
            RejectedException.class, () -> session.convertKey(event), () -> event.toString());
      }
      Row date = session.convertKey(keyed("copy", day));
      assertEquals(new Value.TimestampValue(86_400, 0), date.value(0));
      assertEquals(Value.of("1970-01-02"), session.convertKey(keyed("text", day)).value(0));
      assertEquals(
          Value.of(micros.value(0).toString()), session.convertKey(keyed("text", micros)).value(0));
      assertEquals(pair, session.convertKey(keyed("pair", pair)));
    }
  }

  @Test
  void what_is_written_is_read_again_as_converted_but_for_elements_of_arrays() {
    try (TargetSession session =
        target()
            .mirror("plain", "item", m -> m.rename("id", "_id").fields("name", "address.city2"))
            .mirror("element", "item", m -> m.rename("id", "_id").fields("tags.0"))
            .mirror("within", "item", m -> m.rename("id", "_id").fields("tags.12.x"))
            .build()
            .open("in")) {
      assertTrue(session.storesAsConverted("plain"));
      assertFalse(session.storesAsConverted("element"));
      assertFalse(session.storesAsConverted("within"));
    }
  }

  @Test
  void what_a_killed_instance_left_open_does_not_stand_in_the_way_of_the_next() {
    database.getCollection("item").insertOne(new Document("_id", 1L).append("name", "a"));
    try (TargetSession killed = items();
        TargetTransaction open = killed.begin()) {
      open.write("item", List.of(write(RowWrite.Kind.UPDATE, 1, "lost")));
      open.savepoint(); // sent, and neither committed nor given up
      try (TargetSession next = items();
          TargetTransaction transaction = next.begin()) {
        transaction.write("item", List.of(write(RowWrite.Kind.UPDATE, 1, "next")));
        transaction.commit();
      }
      assertThrows(RestartException.class, open::commit);
    }
    assertEquals(List.of("1next"), names());
  }

  @Test
  void every_problem_is_named_at_the_start() {
    database.createCollection(
        "capped", new CreateCollectionOptions().capped(true).sizeInBytes(4096));
    database.createCollection("real");
    database.createView("view", "real", List.of());
    ConfigurationException server =
        assertThrows(
            ConfigurationException.class,
            () -> target().mirror("a", "capped").mirror("b", "view").build().open("in"));
    assertEquals(2, server.problems().size(), server::getMessage);
    ConfigurationException mapping =
        assertThrows(
            ConfigurationException.class,
            () ->
                target()
                    .mirror("a", "real", m -> m.fields("name"))
                    .shared("b", "other", m -> m.rename("id", "_id").fields("name"))
                    .build()
                    .open("in"));
    assertEquals(2, mapping.problems().size(), mapping::getMessage);
  }

  @Test
  void a_deleted_key_is_forgotten_once_nothing_older_can_come() {
    try (TargetSession session = items()) {
      try (TargetTransaction transaction = session.begin()) {
        transaction.write(
            "item",
            List.of(
                write(RowWrite.Kind.UPSERT, 1, "a"),
                write(RowWrite.Kind.DELETE, 2, ""),
                write(RowWrite.Kind.DELETE, 9, "")));
        transaction.commit();
      }
      clock.advance(Duration.ofHours(2));
      assertEquals(0, clean(session));
      try (TargetTransaction transaction = session.begin()) {
        Heartbeat heartbeat =
            new Heartbeat(
                "out",
                1,
                clock.instant(),
                Optional.of(new Heartbeat.Mark(Version.fromBytes(version(5)), clock.instant())));
        transaction.heard(
            CHANNEL, List.of(new SeenHeartbeat("shop", LOG, 0, heartbeat, clock.instant())));
        transaction.commit();
      }
      assertEquals(1, clean(session));
      try (TargetTransaction transaction = session.begin()) {
        assertEquals(2, transaction.ledger(List.of(key(1), key(2), key(9))).size());
      }
    }
  }

  private int clean(TargetSession session) {
    LedgerStretch stretch =
        session.cleanLedger(CHANNEL, Optional.empty(), Duration.ofHours(1), clock.instant());
    assertTrue(stretch.next().isEmpty());
    return stretch.removed();
  }

  private SourceReader reader() {
    MongoSource source =
        MongoSource.builder(server.client(), database.getName())
            .service("shop")
            .capture("item", c -> c.rename("_id", "id"))
            .build();
    source.registration().install();
    return source.open(new ReaderStart("out", Optional.empty(), 0, FirstStart.NOW));
  }

  private record Seen(long echoes, List<String> events) {}

  /** Everything up to the change of one document. */
  private static Seen until(SourceReader reader, long last) throws InterruptedException {
    List<String> events = new ArrayList<>();
    long echoes = 0;
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (System.nanoTime() < deadline) {
      SourceBatch batch = reader.poll(500, Duration.ofMillis(200));
      echoes += batch.echoes();
      for (var event : batch.events()) {
        if (event.id().equals(Long.toString(last))) {
          return new Seen(echoes, events);
        }
        events.add(event.type() + " " + event.id());
      }
    }
    throw new AssertionError("document " + last + " did not come: " + events);
  }

  @Test
  void what_an_applier_wrote_is_an_echo_and_what_others_wrote_is_not() throws Exception {
    items().close(); // makes the collections
    try (SourceReader reader = reader();
        TargetSession session = items()) {
      try (TargetTransaction transaction = session.begin()) {
        transaction.write(
            "item",
            List.of(write(RowWrite.Kind.UPSERT, 1, "a"), write(RowWrite.Kind.INSERT, 2, "b")));
        database.getCollection("item").insertOne(new Document("_id", 7L));
        transaction.write("item", List.of(write(RowWrite.Kind.UPDATE, 1, "c")));
        transaction.write("item", List.of(write(RowWrite.Kind.DELETE, 2, "")));
        transaction.commit();
      }
      database.getCollection("item").updateOne(Filters.eq("_id", 1L), Updates.set("name", "own"));
      try (TargetTransaction transaction = session.begin()) {
        transaction.truncate("item", new LedgerEntry(key(0), LOG, version(99), true, null, 0));
        transaction.commit();
      }
      database.getCollection("item").insertOne(new Document("_id", 100L));
      Seen seen = until(reader, 100);
      assertEquals(List.of("CREATED 7", "UPDATED 1"), seen.events());
      assertEquals(6, seen.echoes());
    }
  }

  @Test
  void a_transaction_of_20_megabytes_is_one_echo_as_a_whole() throws Exception {
    items().close();
    try (SourceReader reader = reader();
        TargetSession session = items()) {
      writeMuch(session);
      database.getCollection("item").insertOne(new Document("_id", 100_000L));
      Seen seen = until(reader, 100_000);
      assertEquals(List.of(), seen.events());
      assertEquals(2000, seen.echoes());
    }
  }

  /** As an applier does, which begins anew where the server asks for it: at the commit, too. */
  private static void writeMuch(TargetSession session) {
    for (int attempt = 1; ; attempt++) {
      try (TargetTransaction transaction = session.begin()) {
        for (int group = 0; group < 4; group++) {
          List<RowWrite> writes = new ArrayList<>();
          for (int i = 0; i < 500; i++) {
            writes.add(write(RowWrite.Kind.UPSERT, group * 500L + i, BIG));
          }
          transaction.write("item", writes);
        }
        transaction.commit();
        return;
      } catch (RestartException e) {
        if (attempt == 20) {
          throw e;
        }
      }
    }
  }

  @Test
  void a_whole_document_replaces_what_was_there_and_a_part_does_not() {
    try (TargetSession session = target().mirror("item", "item").build().open("in")) {
      database
          .getCollection("item")
          .insertOne(new Document("_id", 1L).append("old", 1).append("name", "x"));
      database.getCollection("item").insertOne(new Document("_id", 2L).append("old", 1));
      Row whole =
          Row.builder().put("id", Value.of(1)).put("delivery.city", Value.of("Bern")).build();
      Row.Builder named = Row.builder().put("name", Value.of("y"));
      if (server.isAtLeast(5, 0)) {
        named.put("delivery.city", Value.of("Basel")).put("$x", Value.of("z"));
      }
      Row part = named.partial(true).build();
      try (TargetTransaction transaction = session.begin()) {
        transaction.write(
            "item",
            List.of(
                new RowWrite(
                    key(1),
                    RowWrite.Kind.UPSERT,
                    Row.of("id", Value.of(1)),
                    session.convert("item", whole),
                    List.of(new LedgerEntry(key(1), LOG, version(1), false, null, 0))),
                new RowWrite(
                    key(2),
                    RowWrite.Kind.UPSERT,
                    Row.of("id", Value.of(2)),
                    session.convert("item", part),
                    List.of(new LedgerEntry(key(2), LOG, version(2), false, null, 0)))));
        transaction.commit();
      }
      Document first = database.getCollection("item").find(Filters.eq("_id", 1L)).first();
      assertNotNull(first);
      // A name is no path where no mapping says so.
      assertEquals(new Document("_id", 1L).append("delivery.city", "Bern"), first);
      Document second = database.getCollection("item").find(Filters.eq("_id", 2L)).first();
      assertNotNull(second);
      Document expected = new Document("_id", 2L).append("old", 1).append("name", "y");
      if (server.isAtLeast(5, 0)) {
        expected.append("delivery.city", "Basel").append("$x", "z");
      }
      assertEquals(expected, second);
    }
  }

  @Test
  void a_field_that_is_optional_goes_with_a_null_and_one_that_is_not_stays_null() {
    database
        .getCollection("item")
        .insertOne(new Document("_id", 1L).append("name", "a").append("note", "b"));
    try (TargetSession session =
        target()
            .mirror(
                "item", "item", m -> m.rename("id", "_id").fields("name", "note").optional("note"))
            .build()
            .open("in")) {
      Row state = Row.builder().put("name", Value.NULL).put("note", Value.NULL).build();
      try (TargetTransaction transaction = session.begin()) {
        transaction.write(
            "item",
            List.of(
                new RowWrite(
                    key(1),
                    RowWrite.Kind.UPSERT,
                    Row.of("id", Value.of(1)),
                    session.convert("item", state),
                    List.of(new LedgerEntry(key(1), LOG, version(1), false, null, 0)))));
        transaction.commit();
      }
      Document stored = database.getCollection("item").find().first();
      assertNotNull(stored);
      assertTrue(stored.containsKey("name"));
      assertFalse(stored.containsKey("note"));
      assertThrows(
          RejectedException.class,
          () -> session.convert("item", Row.of("note", Value.of("no name"))));
    }
  }
}
