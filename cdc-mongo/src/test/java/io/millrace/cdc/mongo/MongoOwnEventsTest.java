package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.ManualClock;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heartbeats, the outbox and the audit. */
@NeedsServer(ServerKind.MONGO)
final class MongoOwnEventsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("own");
  private final MongoSource source =
      MongoSource.builder(server.client(), database.getName())
          .service("shop")
          .capture("item", c -> c.rename("_id", "id"))
          .outbox()
          .build();

  @AfterEach
  void drop() {
    database.drop();
  }

  private SourceReader reader(String pipeline) {
    database.createCollection("item");
    source.registration().install();
    return source.open(new ReaderStart(pipeline, Optional.empty(), 0, FirstStart.NOW));
  }

  private static List<ChangeEvent> events(SourceReader reader, int number)
      throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (events.size() < number) {
      assertTrue(System.nanoTime() < deadline, () -> "only " + events);
      events.addAll(reader.poll(100, Duration.ofMillis(200)).events());
    }
    return events;
  }

  @Test
  void a_heartbeat_comes_back_to_its_own_pipeline() throws Exception {
    try (SourceReader reader = reader("mine")) {
      Instant now = Instant.parse("2026-01-01T00:00:00.123456Z");
      assertTrue(source.beat(new Heartbeat("other", 1, now, Optional.empty())));
      assertTrue(source.beat(new Heartbeat("mine", 7, now, Optional.empty())));
      ChangeEvent event = events(reader, 1).get(0);
      assertEquals(new Heartbeat("mine", 7, now, Optional.empty()), Heartbeat.of(event));
      assertEquals(reader.log(), event.log());
      Heartbeat.Mark mark = new Heartbeat.Mark(event.version(), now);
      assertTrue(source.beat(new Heartbeat("mine", 8, now, Optional.of(mark))));
      assertEquals(Optional.of(mark), Heartbeat.of(events(reader, 1).get(0)).acknowledged());
      // A pipeline that was saved once and has not said how far it came keeps the others waiting.
      new MongoRegistration(settings()).remember("silent");
      assertTrue(source.beat(new Heartbeat("mine", 9, now, Optional.of(mark))));
      assertEquals(Optional.empty(), Heartbeat.of(events(reader, 1).get(0)).acknowledged());
    }
  }

  private MongoSettings settings() {
    return new MongoSettings(
        server.client(),
        database.getName(),
        "shop",
        List.of(),
        Optional.of(CapturedStates.none()),
        Duration.ZERO,
        ManualClock.at("2026-01-01T00:00:00Z"),
        new java.util.Random());
  }

  @Test
  void an_outbox_event_comes_in_the_order_of_its_transaction_and_none_of_a_rollback()
      throws Exception {
    MongoOutbox outbox = MongoOutbox.in(server.client(), database.getName());
    EntityEvent paid =
        EntityEvent.message("paid", Row.of("id", Value.of(5)), Row.of("sum", Value.of(9)));
    try (SourceReader reader = reader("mine");
        ClientSession session = server.client().startSession()) {
      assertThrows(IllegalStateException.class, () -> outbox.append(session, paid));
      session.startTransaction();
      outbox.append(session, paid);
      session.abortTransaction();
      session.withTransaction(
          () -> {
            database.getCollection("item").insertOne(session, new Document("_id", 5L));
            outbox.append(session, paid);
            database.getCollection("item").insertOne(session, new Document("_id", 6L));
            return true;
          });
      List<ChangeEvent> events = events(reader, 3);
      assertEquals(
          List.of("item/5", "paid/5", "item/6"),
          events.stream().map(event -> event.entity() + "/" + event.id()).toList());
      ChangeEvent message = events.get(1);
      assertEquals("shop", message.source());
      assertEquals(reader.log(), message.log());
      assertEquals(events.get(0).transactionId(), message.transactionId());
      assertTrue(message.version().compareTo(events.get(0).version()) > 0);
      assertTrue(message.version().compareTo(events.get(2).version()) < 0);
    }
  }

  @Test
  void every_change_is_kept_with_what_became_of_it(@TempDir Path positions) throws Exception {
    reader("unused").close();
    ManualClock clock = ManualClock.at("2026-01-01T00:00:00Z");
    MongoAudit audit = MongoAudit.builder(server.client(), database.getName()).clock(clock).build();
    audit.install();
    InProcessTransport channel = InProcessTransport.builder().name("audited").build();
    try (Pipeline pipeline =
        Pipeline.builder("audited")
            .from(source)
            .to(audit.around(channel.publisher()))
            .positions(FilePositions.in(positions))
            .firstStart(FirstStart.NOW)
            .build()) {
      pipeline.start();
      for (long id = 0; pipeline.status().counters().acknowledged() < 20; id++) {
        database.getCollection("item").insertOne(new Document("_id", id));
        Thread.sleep(20);
      }
    }
    List<Document> kept = database.getCollection("millrace_audit").find().into(new ArrayList<>());
    assertTrue(kept.size() >= 20, kept::toString);
    assertEquals(
        List.of("SENT"), kept.stream().map(row -> row.getString("state")).distinct().toList());
    // What was left over is sent again, and only that.
    database
        .getCollection("millrace_audit")
        .updateOne(
            new Document("_id", kept.get(3).get("_id")),
            new Document("$set", new Document("state", "PENDING")));
    assertEquals(0, audit.resend(channel.publisher(), Duration.ofHours(1), 100));
    clock.advance(Duration.ofHours(2));
    assertEquals(1, audit.resend(channel.publisher(), Duration.ofHours(1), 100));
    assertEquals(0, audit.resend(channel.publisher(), Duration.ofHours(1), 100));
  }
}
