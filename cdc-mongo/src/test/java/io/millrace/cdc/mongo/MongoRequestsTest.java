package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Updates;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.Channel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a batch asks of the server: each request is a wait, and makes the transaction longer. */
@NeedsServer(ServerKind.MONGO)
final class MongoRequestsTest {
  private static final Channel CHANNEL = new Channel("test", "shop", "one", 1);

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("requests");
  private final List<String> requests = new ArrayList<>();
  private final List<BsonDocument> commands = new CopyOnWriteArrayList<>();
  private final MongoClient client =
      MongoClients.create(
          MongoClientSettings.builder()
              .applyConnectionString(new ConnectionString(server.connectionString()))
              .addCommandListener(new Listener())
              .build());

  private final class Listener implements CommandListener {
    @Override
    public void commandStarted(CommandStartedEvent event) {
      BsonDocument command = event.getCommand();
      commands.add(command.clone());
      BsonValue of = command.get(event.getCommandName());
      requests.add(
          event.getCommandName()
              + (of != null && of.isString() ? " " + of.asString().getValue() : ""));
    }
  }

  @AfterEach
  void drop() {
    client.close();
    database.drop();
  }

  private static EntityKey key(String entity, long id) {
    return EntityKey.of(entity, Long.toString(id));
  }

  private static RowWrite write(String entity, RowWrite.Kind kind, long id, String name) {
    return write(entity, kind, id, name, id);
  }

  private static RowWrite write(
      String entity, RowWrite.Kind kind, long id, String name, long number) {
    byte[] version = Version.of(1, ByteBuffer.allocate(8).putLong(number).array()).toBytes();
    boolean gone = kind == RowWrite.Kind.DELETE;
    return new RowWrite(
        key(entity, id),
        kind,
        Row.of("id", Value.of(id)),
        gone ? Row.empty() : Row.of("name", Value.of(name)),
        List.of(new LedgerEntry(key(entity, id), "log", version, gone, null, 0)));
  }

  private TargetSession open() {
    return MongoTarget.builder(client, database.getName())
        .mirror("item", "item", m -> m.rename("id", "_id").fields("name"))
        .mirror("other", "other", m -> m.rename("id", "_id").fields("name"))
        .build()
        .open("in");
  }

  @Test
  void a_first_reader_waits_for_what_had_taken_an_earlier_time_and_begins_behind_it() {
    MongoSource source =
        MongoSource.builder(client, database.getName()).service("shop").capture("item").build();
    source.registration().install();
    commands.clear();
    source.open(new ReaderStart("out", Optional.empty(), 0, FirstStart.NOW)).close();
    BsonTimestamp waited =
        commands.stream()
            .filter(command -> command.containsKey("find"))
            .map(command -> command.getDocument("readConcern", new BsonDocument()))
            .filter(concern -> concern.containsKey("afterClusterTime"))
            .filter(concern -> concern.getString("level").getValue().equals("majority"))
            .map(concern -> concern.getTimestamp("afterClusterTime"))
            .findFirst()
            .orElseThrow();
    BsonTimestamp begun =
        commands.stream()
            .filter(command -> command.containsKey("aggregate"))
            .map(command -> command.getArray("pipeline").get(0).asDocument())
            .filter(stage -> stage.containsKey("$changeStream"))
            .map(stage -> stage.getDocument("$changeStream").getTimestamp("startAtOperationTime"))
            .findFirst()
            .orElseThrow();
    assertEquals(new BsonTimestamp(waited.getValue() + 1), begun);
  }

  /** As the applier does it. */
  private static void batch(TargetSession session, @Nullable Long expected) {
    try (TargetTransaction transaction = session.begin()) {
      long next = expected == null ? 1 : expected + 1;
      transaction.advance(CHANNEL, List.of(new OffsetStep(0, expected, next)));
      Set<EntityKey> keys = new LinkedHashSet<>();
      Map<EntityKey, Row> rows = new LinkedHashMap<>();
      for (long id = 0; id < 20; id++) {
        keys.add(key("item", id));
        keys.add(key("other", id));
        rows.put(key("item", id), Row.of("id", Value.of(id)));
      }
      transaction.ledger(keys);
      transaction.lock("item", rows);
      transaction.lock("item", rows); // once is enough
      List<RowWrite> items = new ArrayList<>();
      List<RowWrite> others = new ArrayList<>();
      List<RowWrite> deleted = new ArrayList<>();
      for (long id = 0; id < 20; id++) {
        items.add(write("item", RowWrite.Kind.UPSERT, id, "n" + next));
        (id < 10 ? others : deleted)
            .add(
                write(
                    "other",
                    id < 10 ? RowWrite.Kind.UPSERT : RowWrite.Kind.DELETE,
                    id,
                    "n" + next));
      }
      transaction.write("item", items);
      transaction.write("other", others);
      transaction.write("other", deleted);
      transaction.commit();
    }
  }

  @Test
  void a_batch_asks_for_each_thing_once_and_writes_one_mark() {
    try (TargetSession session = open()) {
      batch(session, null);
      requests.clear();
      batch(session, 1L);
      assertEquals(
          List.of(
              "findAndModify millrace_applier_offset",
              "find millrace_ledger",
              "find item",
              "update millrace_mark",
              "update item",
              "update other",
              "delete other",
              "update millrace_ledger",
              "commitTransaction"),
          requests);
    }
  }

  /** As the applier does it with events that came once each. */
  private static void newer(TargetSession session, long expected) {
    try (TargetTransaction transaction = session.begin()) {
      transaction.advance(CHANNEL, List.of(new OffsetStep(0, expected, expected + 1)));
      Set<EntityKey> keys = new LinkedHashSet<>();
      List<RowWrite> items = new ArrayList<>();
      for (long id = 0; id < 20; id++) {
        keys.add(key("item", id));
        items.add(write("item", RowWrite.Kind.UPSERT, id, "n", 1000 * expected + id));
      }
      assertTrue(transaction.guard(keys));
      transaction.write("item", items);
      transaction.commit();
    }
  }

  @Test
  void a_batch_of_new_events_does_without_the_ledger() {
    try (TargetSession session = open()) {
      batch(session, null);
      requests.clear();
      newer(session, 1);
      assertTrue(requests.contains("find millrace_ledger"), "whether the entity was emptied");
      requests.clear();
      newer(session, 2);
      assertEquals(
          List.of(
              "findAndModify millrace_applier_offset",
              "update millrace_mark",
              "update item",
              "update millrace_ledger",
              "commitTransaction"),
          requests);
    }
  }

  @Test
  void after_a_meeting_only_what_must_be_stands_between_the_first_look_at_rows_and_their_write() {
    try (TargetSession session = open()) {
      batch(session, null);
      try (TargetTransaction transaction = session.begin()) {
        transaction.lock("item", Map.of(key("item", 1), Row.of("id", Value.of(1))));
        database
            .getCollection("item")
            .updateOne(new Document("_id", 1L), Updates.set("name", "mine"));
        transaction.write("item", List.of(write("item", RowWrite.Kind.UPDATE, 1, "theirs")));
        assertThrows(RestartException.class, transaction::commit);
      }
      requests.clear();
      batch(session, 1L);
      assertEquals(
          List.of(
              "find millrace_ledger",
              "find item",
              "update millrace_mark",
              "update item",
              "update other",
              "delete other",
              "findAndModify millrace_applier_offset",
              "find millrace_ledger",
              "update millrace_ledger",
              "commitTransaction"),
          requests.stream().filter(request -> !request.equals("abortTransaction")).toList());
      assertEquals(
          List.of("n2"),
          database.getCollection("item").distinct("name", String.class).into(new ArrayList<>()));
    }
  }

  @Test
  void whoever_writes_what_is_not_looked_at_is_passed_at_once() {
    try (TargetSession session = open()) {
      batch(session, null);
      for (long meeting = 1; meeting <= 3; meeting++) { // before and after the first meeting
        try (TargetTransaction transaction = session.begin()) {
          transaction.advance(CHANNEL, List.of(new OffsetStep(0, meeting, meeting + 1)));
          transaction.ledger(Set.of(key("item", 1)));
          transaction.lock("item", Map.of(key("item", 1), Row.of("id", Value.of(1))));
          database
              .getCollection("item")
              .updateOne(new Document("_id", 1L), Updates.inc("visits", 1L));
          requests.clear();
          transaction.write(
              "item", List.of(write("item", RowWrite.Kind.UPDATE, 1, "theirs" + meeting)));
          transaction.commit();
        }
        assertEquals(1, requests.stream().filter("abortTransaction"::equals).count());
        assertEquals(2, requests.stream().filter("update item"::equals).count());
        assertEquals(
            new Document("_id", 1L).append("name", "theirs" + meeting).append("visits", meeting),
            new Document(
                new TreeMap<>(
                    database.getCollection("item").find(new Document("_id", 1L)).first())));
      }
      assertEquals(4, session.offsets(CHANNEL).get(0).next());
    }
  }

  @Test
  void what_was_written_is_read_as_it_was_written() {
    try (TargetSession session = open();
        TargetTransaction transaction = session.begin()) {
      Map<EntityKey, Row> one = Map.of(key("item", 1), Row.of("id", Value.of(1)));
      assertEquals(Map.of(), transaction.lock("item", one));
      transaction.write("item", List.of(write("item", RowWrite.Kind.INSERT, 1, "a")));
      assertEquals(
          Map.of(key("item", 1), Row.of("name", Value.of("a"))), transaction.read("item", one));
      transaction.write("item", List.of(write("item", RowWrite.Kind.UPDATE, 1, "b")));
      transaction.write("item", List.of(write("item", RowWrite.Kind.UPDATE, 1, "c")));
      assertEquals(
          Map.of(key("item", 1), Row.of("name", Value.of("c"))), transaction.read("item", one));
      transaction.write("item", List.of(write("item", RowWrite.Kind.DELETE, 1, "")));
      assertEquals(Map.of(), transaction.read("item", one));
    }
  }
}
