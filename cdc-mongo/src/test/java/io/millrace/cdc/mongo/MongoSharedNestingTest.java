package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bson.BsonType;
import org.bson.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Elements of lists that both sites write, with the events of this site's own changes. */
@NeedsServer(ServerKind.MONGO)
final class MongoSharedNestingTest extends NestingCase {
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
        .shared(
            "line",
            "orders",
            m ->
                m.fields("order_id", "no", "sku", "n")
                    .as("no", BsonType.INT32)
                    .as("n", BsonType.INT32)
                    .optional("n"))
        .nest(LINES)
        .build();
  }

  private String ownLog() {
    return Objects.requireNonNull(
            database.getCollection(MongoRegistration.COLLECTION).find().first())
        .getString("log");
  }

  private Version ownVersion() {
    return Version.of(0, ByteBuffer.allocate(8).putLong(++versions).array());
  }

  /** What the source makes of a change that the application made here, of these lines. */
  private ChangeEvent ownList(ChangeType type, long id, long... numbers) {
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
        .log(ownLog())
        .version(ownVersion())
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

  private ChangeEvent.Builder numbered(ChangeType type, String customer, @Nullable Integer number) {
    Row.Builder state = Row.builder().put("id", Value.of(1L)).put("customer", Value.of(customer));
    if (number != null) {
      state.put("n", Value.of(number));
    }
    return event("order", type, Row.of("id", Value.of(1L)))
        .newValue(state.build())
        .changedFields(state.build().names().asList());
  }

  @Test
  void a_document_made_anew_without_a_field_has_none_also_where_it_was_changed_here_meanwhile()
      throws Exception {
    shared(); // registers the log
    Applier applier =
        start(
            target()
                .shared(
                    "order",
                    "orders",
                    m -> m.rename("id", "_id").fields("customer", "n").optional("n"))
                .build());
    send(numbered(ChangeType.CREATED, "ann", 1).build());
    caughtUp(applier);
    database.getCollection("orders").updateOne(new Document("_id", 1L), Updates.set("n", 37));
    // The other site deleted it before it heard of that, and made it anew after.
    send(
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1L))).build(),
        numbered(ChangeType.UPDATED, "ann", 37)
            .log(ownLog())
            .version(ownVersion())
            .changedFields(List.of("n"))
            .build(),
        numbered(ChangeType.CREATED, "bea", null).build());
    caughtUp(applier);
    assertEquals("bea", order(1).get("customer"));
    assertNull(order(1).get("n"));
  }

  @Test
  void a_snapshot_does_not_bring_back_what_was_deleted_in_the_same_batch() throws Exception {
    MongoTarget target = shared();
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1))).build(),
        order(ChangeType.SNAPSHOT, 1, "old", Value.NULL));
    caughtUp(start(target));
    assertEquals(new Document(), order(1));
  }

  @Test
  void a_line_that_comes_after_its_document_was_deleted_waits_for_a_new_one() throws Exception {
    lateLineWaits(shared());
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
  void a_document_with_an_own_element_that_is_still_to_come_stays_when_the_other_site_deletes_it()
      throws Exception {
    Applier applier = start(shared());
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        line(ChangeType.CREATED, 1, 2, "b"));
    caughtUp(applier);
    database
        .getCollection("orders")
        .updateOne(new Document("_id", 1L), Updates.set("lines.0.sku", "own"));
    // A table's cascade tells the parent first.
    send(
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1))).build(),
        event("line", ChangeType.DELETED, lineKey(1, 1)).build(),
        event("line", ChangeType.DELETED, lineKey(1, 2)).build());
    caughtUp(applier);
    assertEquals(List.of(element(1, "own")), order(1).getList("lines", Document.class));
    // It comes after the removal: the order is there again at all sites, with this line.
    send(ownList(ChangeType.UPDATED, 1, 1));
    caughtUp(applier);
    assertEquals("ann", order(1).get("customer"));
    assertEquals(List.of(element(1, "own")), order(1).getList("lines", Document.class));
    send(event("order", ChangeType.DELETED, Row.of("id", Value.of(1))).build());
    caughtUp(applier);
    assertEquals(new Document(), order(1));
  }

  @Test
  void an_own_element_comes_back_though_an_older_list_and_a_removal_came_before_it()
      throws Exception {
    Applier applier = start(shared());
    send(order(ChangeType.CREATED, 1, "ann", Value.NULL), line(ChangeType.CREATED, 1, 1, "a"));
    caughtUp(applier);
    database
        .getCollection("orders")
        .updateOne(new Document("_id", 1L), Updates.set("lines", List.of(element(2, "own"))));
    send(
        ownList(ChangeType.UPDATED, 1),
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1))).build());
    caughtUp(applier);
    send(ownList(ChangeType.UPDATED, 1, 2));
    caughtUp(applier);
    assertEquals(List.of(element(2, "own")), order(1).getList("lines", Document.class));
  }

  @Test
  void an_update_that_found_its_document_gone_makes_no_document_of_its_own() throws Exception {
    Applier applier = start(shared());
    send(
        order(ChangeType.CREATED, 1, "ann", Value.NULL),
        line(ChangeType.CREATED, 1, 1, "a"),
        event("order", ChangeType.DELETED, Row.of("id", Value.of(1))).build());
    caughtUp(applier);
    ChangeEvent own = ownList(ChangeType.UPDATED, 1, 1);
    Row state = Objects.requireNonNull(own.newValue());
    Row known =
        Row.builder().put("id", state.value(0)).put("lines", state.value(2)).partial(true).build();
    send(own.toBuilder().newValue(known).build());
    caughtUp(applier);
    assertEquals(new Document(), order(1));
    assertEquals(List.of(), applier.held());
  }

  @Test
  void an_element_that_the_application_keeps_with_another_number_type_is_still_written()
      throws Exception {
    Applier applier = start(shared());
    send(order(ChangeType.CREATED, 1, "ann", Value.NULL), line(ChangeType.CREATED, 1, 1, "a"));
    caughtUp(applier);
    database
        .getCollection("orders")
        .updateOne(new Document("_id", 1L), Updates.set("lines.0.n", 2.0));
    ChangeEvent own = ownList(ChangeType.UPDATED, 1, 1);
    Row element =
        Row.builder()
            .put("no", Value.of(1))
            .put("sku", Value.of("a"))
            .put("n", new Value.DoubleValue(2.0))
            .build();
    Row state = Objects.requireNonNull(own.newValue());
    send(
        own.toBuilder()
            .newValue(
                Row.builder()
                    .put("id", state.value(0))
                    .put("customer", state.value(1))
                    .put("lines", new Value.ListValue(List.of(new Value.DocumentValue(element))))
                    .build())
            .build());
    caughtUp(applier);
    Row later =
        Row.builder()
            .put("order_id", Value.of(1L))
            .put("no", Value.of(1L))
            .put("sku", Value.of("a"))
            .put("n", Value.of(3L))
            .build();
    send(
        line(ChangeType.UPDATED, 1, 1, "a").toBuilder()
            .newValue(later)
            .changedFields(List.of("n"))
            .build());
    caughtUp(applier);
    assertEquals(
        List.of(element(1, "a").append("n", 3)), order(1).getList("lines", Document.class));
  }
}
