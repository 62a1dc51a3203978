package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;

/** A database whose documents hold lists, and a channel to an applier of it. */
abstract class NestingCase {
  static final Duration LIMIT = Duration.ofSeconds(60);
  static final Nesting LINES =
      new Nesting("order", "lines", "line", List.of("order_id"), List.of("order_id", "no"));

  final MongoDatabase database = MongoServer.shared().createDatabase("nesting");
  final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  final Publisher publisher = transport.publisher();
  final List<Applier> appliers = new ArrayList<>();
  long versions;

  @AfterEach
  void close() {
    appliers.forEach(Applier::close);
    publisher.close();
    database.drop();
  }

  MongoTarget.Builder target() {
    return MongoTarget.builder(MongoServer.shared().client(), database.getName());
  }

  Applier start(MongoTarget target) {
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

  static void caughtUp(Applier applier) throws InterruptedException {
    assertTrue(applier.awaitCaughtUp(LIMIT), () -> "not caught up: " + applier.status());
  }

  ChangeEvent.Builder event(String entity, ChangeType type, Row key) {
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

  ChangeEvent order(ChangeType type, long id, String customer, Value city) {
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

  static Row lineKey(long order, long no) {
    return Row.builder().put("order_id", Value.of(order)).put("no", Value.of(no)).build();
  }

  ChangeEvent line(ChangeType type, long order, long no, String sku) {
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

  void send(ChangeEvent... events) throws InterruptedException {
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

  Document order(long id) {
    Document found = database.getCollection("orders").find(new Document("_id", id)).first();
    return found == null ? new Document() : found;
  }

  /** A document is deleted and gets a line in one batch; then it is made anew. */
  void lateLineWaits(MongoTarget target) throws InterruptedException {
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1L))).build(),
        line(ChangeType.CREATED, 1, 2, "b"));
    Applier applier = start(target);
    caughtUp(applier);
    assertEquals(new Document(), order(1));
    assertEquals(1, applier.status().held());
    send(order(ChangeType.CREATED, 1, "bea", Value.NULL));
    Awaitility.await().atMost(LIMIT).until(() -> applier.status().held() == 0);
    assertEquals("bea", order(1).get("customer"));
    assertEquals(
        List.of(new Document("no", 2).append("sku", "b")),
        order(1).getList("lines", Document.class));
  }
}
