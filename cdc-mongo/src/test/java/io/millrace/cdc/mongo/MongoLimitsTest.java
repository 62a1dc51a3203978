package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Indexes;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.Delivery;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a target does where the server takes no more, or something else than it is given. */
@NeedsServer(ServerKind.MONGO)
final class MongoLimitsTest {
  private static final int DOCUMENTS = 2_000;

  private static final String SORT_MEMORY = "internalQueryMaxBlockingSortMemoryUsageBytes";

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("limits");

  @AfterEach
  void drop() {
    database.drop();
  }

  private TargetSession open() {
    return MongoTarget.builder(server.client(), database.getName())
        .mirror("item", "item")
        .build()
        .open("in");
  }

  private static EntityKey key(String id) {
    return EntityKey.of("item", id);
  }

  private static RowWrite upsert(String id, Value value) {
    byte[] version = Version.of(1, ByteBuffer.allocate(8).putLong(1).array()).toBytes();
    return new RowWrite(
        key(id),
        RowWrite.Kind.UPSERT,
        Row.of("_id", Value.of(id)),
        Row.builder().put("_id", Value.of(id)).put("v", value).build(),
        List.of(new LedgerEntry(key(id), "shop-1", version, false, null, 0)));
  }

  /** As an applier does, which begins anew where the server asks for it. */
  private static void write(TargetSession session, List<RowWrite> writes) {
    for (int attempt = 1; ; attempt++) {
      try (TargetTransaction transaction = session.begin()) {
        transaction.write("item", writes);
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
  void a_timestamp_of_zero_is_not_taken_for_a_wish_to_know_the_time() {
    try (TargetSession session = open()) {
      write(
          session,
          List.of(
              upsert(
                  "a",
                  new Value.RawValue(
                      "mongo:timestamp", "{\"$timestamp\": {\"t\": 0, \"i\": 0}}"))));
    }
    assertThat(database.getCollection("item").find().first())
        .isEqualTo(new Document("_id", "a").append("v", new BsonTimestamp(0)));
  }

  /** Their names are 18 MB, of which neither a mark nor a request can hold as much. */
  @Test
  void documents_whose_names_no_mark_can_hold_are_echoes_all_the_same() throws Exception {
    assumeTrue(
        server.isAtLeast(5, 0), "older servers end such a transaction with the testkit's cache");
    MongoSource source =
        MongoSource.builder(server.client(), database.getName())
            .service("shop")
            .capture("item")
            .build();
    source.registration().install();
    List<RowWrite> writes = new ArrayList<>();
    Map<EntityKey, Row> keys = new HashMap<>();
    for (int i = 0; i < DOCUMENTS; i++) {
      String id = i + "-" + "x".repeat(9_000);
      writes.add(upsert(id, Value.of(i)));
      keys.put(key(id), Row.of("_id", Value.of(id)));
    }
    try (TargetSession session = open();
        SourceReader reader =
            source.open(new ReaderStart("out", Optional.empty(), 0, FirstStart.NOW))) {
      write(session, writes);
      try (TargetTransaction transaction = session.begin()) {
        assertThat(transaction.read("item", keys)).hasSize(DOCUMENTS);
      }
      database.getCollection("item").insertOne(new Document("_id", "own"));
      int echoes = 0;
      List<String> events = new ArrayList<>();
      long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (events.isEmpty() && System.nanoTime() < deadline) {
        SourceBatch batch = reader.poll(500, Duration.ofMillis(200));
        echoes += batch.echoes();
        batch.events().forEach(event -> events.add(event.id()));
      }
      assertThat(events).containsExactly("own");
      assertThat(echoes).isEqualTo(DOCUMENTS);
    }
  }

  @Test
  void what_the_server_finds_too_deep_or_out_of_place_is_refused_and_stops_nobody_else() {
    database.getCollection("item").createIndex(Indexes.geo2d("v"));
    Value deep = Value.of(1);
    for (int i = 0; i < 250; i++) {
      deep = new Value.DocumentValue(Row.of("d", deep));
    }
    Value tooDeep = deep;
    Value nowhere = new Value.ListValue(List.of(Value.of(1_000), Value.of(1_000)));
    try (TargetSession session = open()) {
      for (Value refused : List.of(tooDeep, nowhere)) {
        assertThatThrownBy(() -> write(session, List.of(upsert("a", refused))))
            .isInstanceOf(RejectedException.class);
      }
      write(session, List.of(upsert("b", new Value.ListValue(List.of(Value.of(1), Value.of(1))))));
    }
    assertThat(database.getCollection("item").countDocuments()).isEqualTo(1);
  }

  @Test
  void a_part_with_a_name_that_an_older_server_cannot_set_is_refused_and_stops_nobody_else() {
    assumeTrue(!server.isAtLeast(5, 0), "newer servers set it");
    RowWrite write = upsert("a", Value.of(1));
    Row part = Row.builder().put("x.y", Value.of(1)).partial(true).build();
    RowWrite named =
        new RowWrite(write.key(), write.kind(), write.keyValues(), part, write.entries());
    try (TargetSession session = open()) {
      assertThatThrownBy(() -> write(session, List.of(named)))
          .isInstanceOf(RejectedException.class);
      write(session, List.of(upsert("b", Value.of(1))));
    }
  }

  private Object parameter(Object value) {
    return server
        .client()
        .getDatabase("admin")
        .runCommand(new Document("setParameter", 1).append(SORT_MEMORY, value))
        .get("was");
  }

  private static HeldEvent held(long offset) {
    return new HeldEvent(
        key("a"),
        new Delivery(0, offset, "item a", new Encoded(new byte[1 << 20], Map.of())),
        "refused",
        1,
        0,
        false);
  }

  @Test
  void as_much_as_waits_for_a_key_comes_back_in_order() {
    try (TargetSession session = open()) {
      for (long offset : new long[] {9, 7, 8, 10}) {
        try (TargetTransaction transaction = session.begin()) {
          transaction.hold(List.of(held(offset)));
          transaction.commit();
        }
      }
      Object before = parameter(1 << 20); // the server's default is 100 MB
      try (TargetTransaction transaction = session.begin()) {
        assertThat(transaction.heldEvents(key("a")))
            .extracting(event -> event.delivery().offset())
            .containsExactly(7L, 8L, 9L, 10L);
        assertThat(session.heldKeys(10)).hasSize(1);
      } finally {
        parameter(before);
      }
    }
  }

  @Test
  void an_index_that_was_not_made_is_made_by_the_next_session() {
    database.createCollection(OwnCollections.HELD);
    open().close();
    assertThat(database.getCollection(OwnCollections.HELD).listIndexes()).hasSize(2);
  }

  @Test
  void a_document_that_would_grow_over_16_megabytes_is_refused() {
    database
        .getCollection("item")
        .insertOne(new Document("_id", "a").append("own", "x".repeat((16 << 20) - 1000)));
    try (TargetSession session =
        MongoTarget.builder(server.client(), database.getName())
            .mirror("item", "item", m -> m.rename("_id", "_id").fields("v"))
            .build()
            .open("in")) {
      assertThatThrownBy(() -> write(session, List.of(grown())))
          .isInstanceOf(RejectedException.class);
    }
    assertThat(database.getCollection("item").countDocuments(Filters.exists("v"))).isZero();
  }

  private static RowWrite grown() {
    RowWrite write = upsert("a", Value.of("y".repeat(2000)));
    return new RowWrite(
        write.key(),
        write.kind(),
        write.keyValues(),
        Row.of("v", Value.of("y".repeat(2000))),
        write.entries());
  }
}
