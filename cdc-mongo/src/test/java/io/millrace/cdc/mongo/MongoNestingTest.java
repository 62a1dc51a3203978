package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonType;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** Rows of a child table become the elements of a list in their parent's document. */
@NeedsServer(ServerKind.MONGO)
final class MongoNestingTest extends NestingCase {
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
        order(ChangeType.UPDATED, 1, "ann", Value.NULL).toBuilder()
            .changedFields(List.of("delivery.city"))
            .build());
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
  void a_line_that_comes_after_its_document_was_deleted_waits_for_a_new_one() throws Exception {
    lateLineWaits(nested());
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

  @Test
  void a_document_put_in_the_place_of_another_without_a_list_has_no_elements() throws Exception {
    send(
        order(ChangeType.CREATED, 1, "ann", Value.of("Bern")),
        line(ChangeType.CREATED, 1, 1, "a"),
        // As a table's row is changed: of the list it knows nothing.
        order(ChangeType.UPDATED, 1, "bea", Value.NULL).toBuilder()
            .changedFields(List.of("customer"))
            .build());
    Applier applier = start(nested());
    caughtUp(applier);
    assertEquals(1, order(1).getList("lines", Document.class).size());
    send(order(ChangeType.UPDATED, 1, "cid", Value.NULL));
    caughtUp(applier);
    assertEquals("cid", order(1).get("customer"));
    assertEquals(List.of(), order(1).getList("lines", Document.class));
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
