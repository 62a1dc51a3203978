package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonType;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows of a child table become the elements of a list in their parent's document. */
@NeedsServer(ServerKind.MONGO)
final class MongoNestingTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Nesting LINES =
      new Nesting("order", "lines", "line", List.of("order_id"), List.of("order_id", "no"));

  private final MongoDatabase database = MongoServer.shared().createDatabase("nesting");
  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Publisher publisher = transport.publisher();
  private final List<Applier> appliers = new ArrayList<>();
  private long versions;

  @AfterEach
  void close() {
    appliers.forEach(Applier::close);
    publisher.close();
    database.drop();
  }

  private MongoTarget.Builder target() {
    return MongoTarget.builder(MongoServer.shared().client(), database.getName());
  }

  private MongoTarget nested() {
    return target()
        .mirror(
            "order",
            "orders",
            m ->
                m.rename("id", "_id").fields("customer", "delivery.city").optional("delivery.city"))
        .mirror("line", "orders", m -> m.fields("order_id", "no", "sku").as("no", BsonType.INT32))
        .nest(LINES)
        .build();
  }

  private Applier start(MongoTarget target) {
    Applier applier =
        Applier.builder("nesting-in")
            .service("shop")
            .from(transport.subscriber("shop"))
            .to(target)
            .maxWait(Duration.ofMillis(20))
            .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(50)))
            .build();
    appliers.add(applier);
    applier.start();
    return applier;
  }

  private static void caughtUp(Applier applier) throws InterruptedException {
    assertTrue(applier.awaitCaughtUp(LIMIT), () -> "not caught up: " + applier.status());
  }

  private ChangeEvent.Builder event(String entity, ChangeType type, Row key) {
    return ChangeEvent.builder()
        .type(type)
        .entity(entity)
        .key(key)
        .routingKey("order/" + key.value(0))
        .source("billing")
        .changedAt(Instant.parse("2026-01-01T00:00:00Z"))
        .log("billing-00000001")
        .version(Version.of(1, ByteBuffer.allocate(8).putLong(++versions).array()))
        .transactionId("t" + versions);
  }

  private ChangeEvent order(ChangeType type, long id, String customer, Value city) {
    Row state =
        Row.builder()
            .put("id", Value.of(id))
            .put("customer", Value.of(customer))
            .put("delivery.city", city)
            .build();
    return event("order", type, Row.of("id", Value.of(id)))
        .newValue(state)
        .changedFields(List.of("id", "customer", "delivery.city"))
        .build();
  }

  private static Row lineKey(long order, long no) {
    return Row.builder().put("order_id", Value.of(order)).put("no", Value.of(no)).build();
  }

  private ChangeEvent line(ChangeType type, long order, long no, String sku) {
    Row state =
        Row.builder()
            .put("order_id", Value.of(order))
            .put("no", Value.of(no))
            .put("sku", Value.of(sku))
            .build();
    return event("line", type, lineKey(order, no))
        .newValue(state)
        .changedFields(state.names().asList())
        .build();
  }

  private void send(ChangeEvent... events) throws InterruptedException {
    for (ChangeEvent event : events) {
      publisher.publish(
          event.routingKey(),
          ProtobufCodec.instance().encode(event),
          new PublishCallback() {
            @Override
            public void acknowledged() {}

            @Override
            public void failed(TransportException error) {
              throw error;
            }
          });
    }
  }

  private String documents() {
    List<String> found = new ArrayList<>();
    for (Document document : database.getCollection("orders").find().sort(Sorts.ascending("_id"))) {
      found.add(document.toJson());
    }
    return String.join("\n", found);
  }

  @Test
  void child_rows_become_elements_and_keep_what_is_not_mapped() throws Exception {
    send(
        order(ChangeType.CREATED, 1, "ann", Value.of("Bern")),
        line(ChangeType.CREATED, 1, 1, "a"),
        line(ChangeType.CREATED, 1, 2, "b"));
    Applier applier = start(nested());
    caughtUp(applier);
    assertEquals(
        "{\"_id\": 1, \"lines\": [{\"no\": 1, \"sku\": \"a\"}, {\"no\": 2, \"sku\": \"b\"}],"
            + " \"customer\": \"ann\", \"delivery\": {\"city\": \"Bern\"}}",
        sorted(documents()));
    database
        .getCollection("orders")
        .updateOne(new Document("_id", 1L), Updates.set("lines.1.own", "mine"));
    send(
        line(ChangeType.UPDATED, 1, 2, "b2"),
        event("line", ChangeType.DELETED, lineKey(1, 1)).build(),
        line(ChangeType.CREATED, 1, 3, "c"),
        order(ChangeType.UPDATED, 1, "ann", Value.NULL));
    caughtUp(applier);
    assertEquals(
        List.of(
            Document.parse("{no: 2, sku: 'b2', own: 'mine'}"), Document.parse("{no: 3, sku: 'c'}")),
        order(1).getList("lines", Document.class));
    assertEquals(new Document(), order(1).get("delivery"));
    send(
        event("line", ChangeType.DELETED, lineKey(1, 2)).build(),
        event("line", ChangeType.DELETED, lineKey(1, 3)).build(),
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1))).build());
    caughtUp(applier);
    assertEquals("", documents());
  }

  private Document order(long id) {
    Document found = database.getCollection("orders").find(new Document("_id", id)).first();
    return found == null ? new Document() : found;
  }

  /** Fields come in the order in which they were made; what is asked for is what is there. */
  private static String sorted(String json) {
    Document document = Document.parse(json);
    Document ordered = new Document("_id", document.get("_id"));
    for (String name : List.of("lines", "customer", "delivery")) {
      ordered.append(name, document.get(name));
    }
    return ordered.toJson();
  }

  @Test
  void a_line_without_its_order_waits_for_it() throws Exception {
    send(line(ChangeType.CREATED, 1, 1, "a"), order(ChangeType.CREATED, 2, "bea", Value.of("Rom")));
    Applier applier = start(nested());
    caughtUp(applier);
    List<HeldKey> held = applier.held();
    assertEquals(1, held.size(), held::toString);
    assertEquals(EntityKey.of("order", "1"), held.get(0).key());
    assertTrue(held.get(0).error().contains("not there"), held.get(0).error());
    // What comes later of the whole waits behind it; the whole goes through together.
    send(order(ChangeType.CREATED, 1, "ann", Value.of("Bern")));
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!applier.held().isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
    assertEquals(
        List.of(Document.parse("{no: 1, sku: 'a'}")), order(1).getList("lines", Document.class));
  }

  @Test
  void a_document_with_a_list_is_taken_apart_as_anywhere() throws Exception {
    Value list =
        new Value.ListValue(
            List.of(
                new Value.DocumentValue(
                    Row.builder().put("no", Value.of(1)).put("sku", Value.of("a")).build())));
    Row state =
        Row.builder()
            .put("id", Value.of(1))
            .put("customer", Value.of("ann"))
            .put("lines", list)
            .build();
    send(
        event("order", ChangeType.CREATED, Row.of("id", Value.of(1)))
            .newValue(state)
            .changedFields(state.names().asList())
            .build(),
        line(ChangeType.CREATED, 1, 2, "b"));
    Applier applier = start(nested());
    caughtUp(applier);
    assertEquals(2, order(1).getList("lines", Document.class).size());
    send(
        event("order", ChangeType.UPDATED, Row.of("id", Value.of(1)))
            .newValue(state)
            .changedFields(List.of("lines"))
            .build());
    caughtUp(applier);
    assertEquals(
        List.of(Document.parse("{no: 1, sku: 'a'}")), order(1).getList("lines", Document.class));
  }

  /** The same in shared mode, with the database captured. */
  private MongoTarget shared() {
    MongoSource.builder(MongoServer.shared().client(), database.getName())
        .service("shop")
        .capture("orders", c -> c.entity("order").rename("_id", "id"))
        .build()
        .registration()
        .install();
    return target()
        .shared("order", "orders", m -> m.rename("id", "_id").fields("customer"))
        .shared("line", "orders", m -> m.fields("order_id", "no", "sku").as("no", BsonType.INT32))
        .nest(LINES)
        .build();
  }

  /** What the source makes of a change that the application made here, of these lines. */
  private ChangeEvent ownList(ChangeType type, long id, long... numbers) {
    Document registered = database.getCollection(MongoRegistration.COLLECTION).find().first();
    List<Value> lines = new ArrayList<>();
    for (long no : numbers) {
      lines.add(
          new Value.DocumentValue(
              Row.builder().put("no", Value.of(no)).put("sku", Value.of("own")).build()));
    }
    Row state =
        Row.builder()
            .put("id", Value.of(id))
            .put("customer", Value.of("ann"))
            .put("lines", new Value.ListValue(lines))
            .build();
    return event("order", type, Row.of("id", Value.of(id)))
        .log(registered.getString("log"))
        .version(Version.of(0, ByteBuffer.allocate(8).putLong(++versions).array()))
        .newValue(type == ChangeType.DELETED ? null : state)
        .changedFields(type == ChangeType.DELETED ? List.of() : List.of("lines"))
        .build();
  }

  /** An element of a list of our own. */
  private static Document element(int no, String sku) {
    return new Document("no", no).append("sku", sku);
  }

  @Test
  void an_element_that_the_application_took_out_is_back_once_the_other_site_changes_it_later()
      throws Exception {
    Applier applier = start(shared());
    // 10 and 1,1 would be met by who looks for the ids that begin with 1.
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        order(ChangeType.CREATED, 10, "bea", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        line(ChangeType.CREATED, 1, 2, "b"),
        line(ChangeType.CREATED, 1, 3, "c"),
        line(ChangeType.CREATED, 10, 1, "z"));
    caughtUp(applier);
    database
        .getCollection("orders")
        .updateOne(new Document("_id", 1L), Updates.set("lines", List.of(element(1, "own"))));
    send(ownList(ChangeType.UPDATED, 1, 1));
    caughtUp(applier);
    send(
        line(ChangeType.UPDATED, 1, 2, "b2").toBuilder().changedFields(List.of("sku")).build(),
        line(ChangeType.CREATED, 1, 3, "c2"),
        line(ChangeType.UPDATED, 10, 1, "z2"));
    caughtUp(applier);
    assertEquals(
        List.of(element(1, "own"), element(2, "b2"), element(3, "c2")),
        order(1).getList("lines", Document.class));
    assertEquals(List.of(element(1, "z2")), order(10).getList("lines", Document.class));
  }

  @Test
  void elements_of_a_document_that_the_application_deleted_come_with_a_new_one() throws Exception {
    Applier applier = start(shared());
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        line(ChangeType.CREATED, 1, 2, "b"));
    caughtUp(applier);
    database.getCollection("orders").deleteOne(new Document("_id", 1L));
    send(ownList(ChangeType.DELETED, 1));
    caughtUp(applier);
    send(order(ChangeType.CREATED, 1, "bea", Value.NULL), line(ChangeType.CREATED, 1, 2, "n"));
    caughtUp(applier);
    assertEquals("bea", order(1).get("customer"));
    assertEquals(List.of(element(2, "n")), order(1).getList("lines", Document.class));
  }

  @Test
  void a_removal_before_an_own_one_has_come_back_stays() throws Exception {
    Applier applier = start(shared());
    send(order(ChangeType.CREATED, 1, "ann", Value.NULL), line(ChangeType.CREATED, 1, 1, "a"));
    caughtUp(applier);
    database
        .getCollection("orders")
        .updateOne(new Document("_id", 1L), Updates.set("lines", List.of()));
    // Ours is still to come, so this one is older in the channel than the removal here.
    send(line(ChangeType.UPDATED, 1, 1, "a2"));
    caughtUp(applier);
    assertEquals(List.of(), order(1).getList("lines", Document.class));
    send(ownList(ChangeType.UPDATED, 1));
    caughtUp(applier);
    assertEquals(List.of(), order(1).getList("lines", Document.class));
  }

  /** The state of an order with these lines, each a number and what it is. */
  private static Row withLines(long id, Object... lines) {
    List<Value> elements = new ArrayList<>();
    for (int i = 0; i < lines.length; i += 2) {
      elements.add(
          new Value.DocumentValue(
              Row.builder()
                  .put("no", Value.of((int) lines[i]))
                  .put("sku", Value.of((String) lines[i + 1]))
                  .build()));
    }
    return Row.builder()
        .put("id", Value.of(id))
        .put("customer", Value.of("ann"))
        .put("lines", new Value.ListValue(elements))
        .build();
  }

  @Test
  void where_the_old_list_is_known_an_element_that_its_writer_had_not_seen_stays()
      throws Exception {
    Applier applier = start(shared());
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        line(ChangeType.CREATED, 1, 2, "b"),
        line(ChangeType.CREATED, 1, 3, "c"));
    caughtUp(applier);
    // Another site changed 1, took 2 out and left 3 as it was then; 4 and the new 3 are from a
    // third.
    send(
        line(ChangeType.CREATED, 1, 4, "d"),
        line(ChangeType.UPDATED, 1, 3, "c3"),
        event("order", ChangeType.UPDATED, Row.of("id", Value.of(1)))
            .oldValue(withLines(1, 1, "a", 2, "b", 3, "c"))
            .newValue(withLines(1, 1, "a1", 3, "c", 5, "e"))
            .changedFields(List.of("lines"))
            .build());
    caughtUp(applier);
    assertEquals(
        List.of(element(1, "a1"), element(3, "c3"), element(4, "d"), element(5, "e")),
        order(1).getList("lines", Document.class));
  }

  @Test
  void where_the_old_list_is_known_and_bad_the_new_one_counts_as_a_whole() throws Exception {
    Applier applier = start(shared());
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        line(ChangeType.CREATED, 1, 2, "b"));
    caughtUp(applier);
    for (Row old :
        List.of(
            withLines(1, 7, "x", 7, "y"),
            Row.builder().put("id", Value.of(1)).put("lines", Value.of("no list")).build(),
            Row.wrap(FieldNames.of(List.of("id")), new Value[] {Value.of(1)}, true))) {
      send(
          line(ChangeType.CREATED, 1, 2, "b"),
          event("order", ChangeType.UPDATED, Row.of("id", Value.of(1)))
              .oldValue(old)
              .newValue(withLines(1, 1, "a"))
              .changedFields(List.of("lines"))
              .build());
      caughtUp(applier);
      assertEquals(List.of(element(1, "a")), order(1).getList("lines", Document.class));
    }
  }

  @Test
  void an_element_that_did_not_change_comes_with_the_list_where_it_was_never_known()
      throws Exception {
    Applier applier = start(shared());
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 2, "b"),
        event("line", ChangeType.DELETED, lineKey(1, 2)).build());
    caughtUp(applier);
    send(
        event("order", ChangeType.UPDATED, Row.of("id", Value.of(1)))
            .oldValue(withLines(1, 1, "a", 2, "b", 3, "c"))
            .newValue(withLines(1, 1, "a", 2, "b", 3, "c3"))
            .changedFields(List.of("lines"))
            .build());
    caughtUp(applier);
    // 2 was deleted, which its writer had not seen, or it would not stand in the list.
    assertEquals(
        List.of(element(1, "a"), element(3, "c3")), order(1).getList("lines", Document.class));
  }

  @Test
  void a_snapshot_of_a_document_takes_no_element_away() throws Exception {
    Applier applier = start(shared());
    send(order(ChangeType.CREATED, 1, "ann", Value.NULL), line(ChangeType.CREATED, 1, 1, "a"));
    send(
        event("order", ChangeType.SNAPSHOT, Row.of("id", Value.of(1)))
            .newValue(
                Row.builder()
                    .put("id", Value.of(1))
                    .put("customer", Value.of("old"))
                    .put(
                        "lines",
                        new Value.ListValue(
                            List.of(
                                new Value.DocumentValue(
                                    Row.builder()
                                        .put("no", Value.of(2))
                                        .put("sku", Value.of("s"))
                                        .build()))))
                    .build())
            .build());
    caughtUp(applier);
    assertEquals("ann", order(1).get("customer"));
    assertEquals(
        List.of(element(1, "a"), element(2, "s")), order(1).getList("lines", Document.class));
  }

  @Test
  void documents_that_somebody_writes_without_a_pause_are_written_all_the_same() throws Exception {
    for (long id = 0; id < 5; id++) {
      database.getCollection("orders").insertOne(new Document("_id", id).append("hits", 0));
    }
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              for (long i = 0; !stop.get(); i++) {
                database
                    .getCollection("orders")
                    .updateOne(new Document("_id", i % 5), Updates.inc("hits", 1));
              }
            },
            "writer");
    writer.start();
    try {
      for (int round = 0; round < 20; round++) {
        for (long id = 0; id < 5; id++) {
          send(order(ChangeType.UPDATED, id, "c" + round, Value.of("Bern")));
        }
      }
      caughtUp(start(nested()));
    } finally {
      stop.set(true);
      writer.join();
    }
    for (long id = 0; id < 5; id++) {
      assertEquals("c19", order(id).get("customer"));
    }
  }

  @Test
  void a_nesting_that_fits_no_collection_is_refused_at_the_start() {
    MongoTarget wrong =
        target()
            .mirror("order", "orders")
            .mirror("line", "orders", m -> m.rename("no", "_id").fields("sku"))
            .nest(new Nesting("order", "lines", "line", List.of("order_id"), List.of("no")))
            .nest(new Nesting("order", "lines", "missing", List.of("id"), List.of("id")))
            .build();
    ConfigurationException problems =
        assertThrows(ConfigurationException.class, () -> start(wrong));
    MongoTarget backwards =
        target()
            .shared("order", "orders", m -> m.rename("id", "_id").fields("customer"))
            .shared("line", "orders", m -> m.fields("order_id", "no", "sku"))
            .nest(
                new Nesting(
                    "order", "lines", "line", List.of("order_id"), List.of("no", "order_id")))
            .build();
    assertTrue(
        assertThrows(ConfigurationException.class, () -> start(backwards))
            .getMessage()
            .contains("does not begin with its parent's"));
    for (String part :
        List.of(
            "an element is found by",
            "both have to be mapped",
            "'order_id' is not mapped",
            "no _id that is known",
            "Name its fields")) {
      assertTrue(problems.getMessage().contains(part), () -> part + ": " + problems.getMessage());
    }
  }
}
