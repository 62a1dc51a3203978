package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.EntityType;
import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.CommittedEvents;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every outbox must keep, whatever its database. Extend it, give it an {@link OutboxHarness},
 * add nothing.
 */
public abstract class OutboxContract {
  /** What the application keeps besides the table {@code item}. */
  record Order(long id, @Nullable String note, BigDecimal total) {}

  private static final EntityType<Order> ORDERS =
      EntityType.of("order", Order.class).key("id").build();

  private static final Order FIRST = new Order(5, "a", new BigDecimal("10.50"));
  private static final Duration WAIT = Duration.ofSeconds(60);
  private static final int ROUNDS = 120;

  private @Nullable OutboxHarness made;

  /** A harness with empty tables, for one test. */
  protected abstract OutboxHarness newHarness() throws Exception;

  /** Only for JUnit. */
  protected OutboxContract() {}

  @BeforeEach
  final void makeHarness() throws Exception {
    made = newHarness();
  }

  @AfterEach
  final void closeHarness() throws Exception {
    if (made != null) {
      made.close();
    }
  }

  private OutboxHarness harness() {
    return Check.notNull(made, "harness");
  }

  private Source source() {
    return harness().source(Set.of("item"), Optional.of(new OutboxOptions()));
  }

  private static Map<String, @Nullable Object> item(String note) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("name", null);
    fields.put("amount", new BigDecimal("1.00"));
    fields.put("note", note);
    return fields;
  }

  static EntityEvent message(String entity, long id, long number) {
    return EntityEvent.message(
        entity, Row.of("id", Value.of(id)), Row.of("number", Value.of(number)));
  }

  private static List<String> names(List<ChangeEvent> events) {
    return events.stream().map(e -> e.type() + " " + e.entity() + "/" + e.id()).toList();
  }

  @Test
  void created_updated_and_deleted_come_with_states_and_what_changed() throws Exception {
    Source source = source();
    Order second = new Order(5, "", new BigDecimal("10.50"));
    try (CommittedEvents events = CommittedEvents.of(source);
        OutboxWriter writer = harness().writer()) {
      writer.begin();
      writer.append(ORDERS.created(FIRST).withHeader("traceparent", "00-ab-cd-01"));
      writer.commit();
      writer.begin();
      writer.append(ORDERS.updated(FIRST, second).withRoutingKey("customer/9"));
      writer.append(ORDERS.deleted(second));
      writer.commit();
      List<ChangeEvent> taken = events.take();
      assertEquals(List.of("CREATED order/5", "UPDATED order/5", "DELETED order/5"), names(taken));
      ChangeEvent created = taken.get(0);
      assertEquals(List.of("id", "note", "total"), created.changedFields());
      assertEquals(Map.of("traceparent", "00-ab-cd-01"), created.headers());
      assertEquals("order/5", created.routingKey());
      assertEquals(source.service(), created.source());
      assertEquals(0, created.hops());
      ChangeEvent updated = taken.get(1);
      assertEquals(List.of("note"), updated.changedFields());
      assertEquals(created.newValue(), updated.oldValue());
      assertEquals(Value.of(""), Check.notNull(updated.newValue(), "new").get("note"));
      assertEquals("customer/9", updated.routingKey());
      ChangeEvent deleted = taken.get(2);
      assertNull(deleted.newValue());
      assertEquals(updated.newValue(), deleted.oldValue());
      assertEquals(updated.transactionId(), deleted.transactionId());
      assertEquals(created.log(), deleted.log());
      assertAscending(taken);
    }
  }

  @Test
  void an_event_without_a_transaction_is_refused_and_not_kept() throws Exception {
    try (CommittedEvents events = CommittedEvents.of(source());
        OutboxWriter writer = harness().writer()) {
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, () -> writer.append(ORDERS.created(FIRST)));
      assertTrue(String.valueOf(refused.getMessage()).contains("order/5"), refused::toString);
      writer.begin();
      writer.append(message("seen", 1, 1));
      writer.commit();
      assertEquals(List.of("MESSAGE seen/1"), names(events.take()));
    }
  }

  @Test
  void a_rollback_leaves_nothing_and_what_comes_later_is_whole() throws Exception {
    try (CommittedEvents events = CommittedEvents.of(source());
        OutboxWriter writer = harness().writer()) {
      writer.begin();
      writer.insert("item", 1, item("a"));
      writer.append(ORDERS.created(FIRST));
      writer.rollback();
      assertEquals(List.of(), events.take());
      writer.begin();
      writer.insert("item", 1, item("a"));
      writer.append(ORDERS.created(FIRST));
      writer.commit();
      assertEquals(List.of("CREATED item/1", "CREATED order/5"), names(events.take()));
    }
  }

  @Test
  void what_is_undone_to_a_savepoint_is_not_kept() throws Exception {
    assumeTrue(harness().hasSavepoints());
    try (CommittedEvents events = CommittedEvents.of(source());
        OutboxWriter writer = harness().writer()) {
      writer.begin();
      writer.append(message("seen", 1, 1));
      writer.undone(() -> writer.append(message("seen", 2, 2)));
      writer.append(message("seen", 3, 3));
      writer.commit();
      assertEquals(List.of("MESSAGE seen/1", "MESSAGE seen/3"), names(events.take()));
    }
  }

  @Test
  void events_stand_between_the_captured_changes_of_their_transaction() throws Exception {
    try (CommittedEvents events = CommittedEvents.of(source());
        OutboxWriter writer = harness().writer()) {
      writer.begin();
      writer.insert("item", 1, item("a"));
      writer.append(ORDERS.created(FIRST));
      writer.insert("item", 2, item("b"));
      writer.append(message("item", 1, 7));
      writer.commit();
      List<ChangeEvent> taken = events.take();
      assertEquals(
          List.of("CREATED item/1", "CREATED order/5", "CREATED item/2", "MESSAGE item/1"),
          names(taken));
      assertEquals(1, taken.stream().map(ChangeEvent::transactionId).distinct().count());
      assertAscending(taken);
    }
  }

  @Test
  void a_state_of_a_captured_entity_is_refused_when_it_is_appended() throws Exception {
    Source source = source();
    EntityEvent twice = event("item", 1, 1);
    try (CommittedEvents events = CommittedEvents.of(source);
        OutboxWriter writer = harness().writer(source)) {
      writer.begin();
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> writer.append(twice));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("alsoCaptured(\"item\")"),
          refused::toString);
      writer.append(message("item", 1, 1));
      writer.append(event("order", 1, 1));
      writer.commit();
      assertEquals(List.of("MESSAGE item/1", "CREATED order/1"), names(events.take()));
    }
  }

  @Test
  void a_state_of_a_captured_entity_stops_the_reader_unless_both_are_asked_for() throws Exception {
    OutboxOptions both = new OutboxOptions().alsoCaptured("item");
    Source asked = harness().source(Set.of("item"), Optional.of(both));
    try (CommittedEvents stopping = CommittedEvents.of(source());
        SourceReader reader = open(asked);
        OutboxWriter writer = harness().writer();
        OutboxWriter asking = harness().writer(asked)) {
      writer.begin();
      writer.insert("item", 1, item("a"));
      writer.append(event("item", 1, 1));
      writer.commit();
      asking.begin();
      asking.append(event("item", 2, 2));
      asking.commit();
      SourceException stopped = assertThrows(SourceException.class, stopping::take);
      assertTrue(
          String.valueOf(stopped.getMessage()).contains("item/1")
              && String.valueOf(stopped.getMessage()).contains("alsoCaptured(\"item\")"),
          stopped::toString);
      assertEquals(
          List.of("CREATED item/1", "CREATED item/1", "CREATED item/2"), names(read(reader, 3)));
    }
    assertThrows(
        ConfigurationException.class,
        () ->
            harness()
                .source(
                    Set.of("item"), Optional.of(new OutboxOptions().alsoCaptured("item", "odd"))));
  }

  private static EntityEvent event(String entity, long id, long number) {
    EntityType<Long> numbers =
        EntityType.<Long>builder(entity).field("id", n -> id).field("n", n -> n).key("id").build();
    return numbers.created(number);
  }

  @Test
  void nothing_that_is_appended_comes_from_a_source_without_an_outbox() throws Exception {
    Source without = harness().source(Set.of("item"), Optional.empty());
    Source alone = harness().source(Set.of(), Optional.of(new OutboxOptions()));
    try (CommittedEvents captured = CommittedEvents.of(without);
        OutboxWriter writer = harness().writer()) {
      writer.begin();
      writer.insert("item", 1, item("a"));
      writer.append(ORDERS.created(FIRST));
      writer.commit();
      assertEquals(List.of("CREATED item/1"), names(captured.take()));
      assertThrows(IllegalStateException.class, () -> harness().writer(without));
    }
    try (CommittedEvents appended = CommittedEvents.of(alone);
        OutboxWriter writer = harness().writer(alone)) {
      writer.begin();
      writer.insert("item", 2, item("a"));
      writer.append(event("item", 2, 1));
      writer.commit();
      assertEquals(List.of("CREATED item/2"), names(appended.take()));
    }
  }

  @Test
  void reading_resumes_at_every_position_with_what_is_left() throws Exception {
    Source source = source();
    List<SourceBatch> batches = new ArrayList<>();
    List<ChangeEvent> events = new ArrayList<>();
    try (SourceReader reader = open(source);
        OutboxWriter writer = harness().writer()) {
      for (long id = 1; id <= 3; id++) {
        writer.begin();
        writer.insert("item", id, item("a"));
        writer.append(message("item", id, id));
        writer.append(ORDERS.created(new Order(id, null, BigDecimal.ONE)));
        writer.commit();
      }
      long deadline = System.nanoTime() + WAIT.toNanos();
      while (events.size() < 9 && System.nanoTime() < deadline) {
        SourceBatch batch = reader.poll(1, Duration.ofMillis(100));
        batches.add(batch);
        events.addAll(batch.events());
      }
      assertEquals(9, events.size());
      int before = 0;
      for (SourceBatch batch : batches) {
        before += batch.events().size();
        if (batch.position() != null && before < events.size()) {
          ReaderStart start =
              new ReaderStart(
                  "outbox", Optional.of(batch.position()), reader.epoch(), FirstStart.NOW);
          try (SourceReader again = source.open(start)) {
            assertEquals(
                events.subList(before, events.size()), read(again, events.size() - before));
          }
        }
      }
    }
  }

  /**
   * Two writers meet at one row, and one of them appends after its write. A number that is drawn
   * under the row's lock tells in which order they committed.
   */
  @Test
  void events_and_captured_changes_of_a_row_come_in_the_order_of_its_lock() throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.err.println("outbox order: -Dmillrace.seed=" + seed);
    RowMeeting meeting = new RowMeeting(harness(), ROUNDS);
    List<ChangeEvent> taken;
    try (CommittedEvents events = CommittedEvents.of(source());
        OutboxWriter first = harness().writer()) {
      first.insert("item", 1, item("0"));
      taken =
          takeWhile(
              events,
              List.of(
                  () -> meeting.meet(true, new Random(seed)),
                  () -> meeting.meet(true, new Random(seed + 1)),
                  () -> meeting.meet(false, new Random(seed + 2))));
    }
    assertAscending(taken);
    meeting.check(taken);
  }

  /** Work of one thread. */
  private interface Work {
    void run() throws Exception;
  }

  /** Runs the work, each on a thread of its own, and takes all that it commits. */
  private static List<ChangeEvent> takeWhile(CommittedEvents events, List<Work> works)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(works.size());
    List<ChangeEvent> taken = new ArrayList<>();
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Work work : works) {
        running.add(
            threads.submit(
                () -> {
                  work.run();
                  return null;
                }));
      }
      for (Future<?> one : running) {
        while (!one.isDone()) {
          taken.addAll(events.take());
        }
        one.get();
      }
      taken.addAll(events.take());
      return taken;
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void messages_of_a_key_without_a_row_come_in_the_order_of_their_commits() throws Exception {
    Work work =
        () -> {
          try (OutboxWriter own = harness().writer()) {
            for (int round = 1; round <= ROUNDS; round++) {
              own.begin();
              own.append(message("seen", 1, round));
              Thread.sleep(round % 3);
              own.commit();
            }
          }
        };
    try (CommittedEvents events = CommittedEvents.of(source())) {
      List<ChangeEvent> taken = takeWhile(events, List.of(work, work));
      assertEquals(2 * ROUNDS, taken.size());
      assertAscending(taken);
    }
  }

  private static void assertAscending(List<ChangeEvent> events) {
    for (int i = 1; i < events.size(); i++) {
      ChangeEvent before = events.get(i - 1);
      ChangeEvent event = events.get(i);
      assertTrue(before.version().compareTo(event.version()) < 0, () -> before + " then " + event);
    }
  }

  private static SourceReader open(Source source) {
    return source.open(new ReaderStart("outbox", Optional.empty(), 0, FirstStart.NOW, true));
  }

  private static List<ChangeEvent> read(SourceReader reader, int count)
      throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + WAIT.toNanos();
    while (events.size() < count && System.nanoTime() < deadline) {
      events.addAll(reader.poll(1000, Duration.ofMillis(50)).events());
    }
    assertEquals(count, events.size(), events::toString);
    return events;
  }
}
