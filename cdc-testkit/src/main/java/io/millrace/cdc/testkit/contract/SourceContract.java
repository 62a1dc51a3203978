package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every source must keep, whatever it reads from. Extend it, give it a {@link SourceHarness},
 * add nothing.
 */
public abstract class SourceContract {
  private static final Set<String> BOTH = Set.of("item", "other");
  private static final Duration WAIT = Duration.ofSeconds(20);

  private @Nullable SourceHarness made;
  private int pipelines;

  /** A harness with empty tables, for one test. */
  protected abstract SourceHarness newHarness() throws Exception;

  /** Only for JUnit. */
  protected SourceContract() {}

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

  private SourceHarness harness() {
    return Check.notNull(made, "harness");
  }

  @Test
  void an_insert_an_update_and_a_delete_carry_both_states_and_what_changed() throws Exception {
    try (SourceReader reader = open(BOTH);
        SourceWriter writer = harness().writer()) {
      writer.insert("item", 1, item("first", "10.50", "a"));
      ChangeEvent created = read(reader, 1).get(0);
      assertEquals(ChangeType.CREATED, created.type());
      assertEquals("item", created.entity());
      assertEquals("1", created.id());
      assertEquals(Row.of("id", Value.of(1)), created.key());
      assertNull(created.oldValue());
      assertEquals(Value.of("first"), value(created.newValue(), "name"));
      assertEquals(new Value.DecimalValue("10.50"), value(created.newValue(), "amount"));
      assertEquals(List.of("id", "name", "amount", "note"), created.changedFields());
      assertEquals(0, created.hops());
      assertEquals(reader.log(), created.log());
      assertEquals(reader.epoch(), created.version().epoch());

      writer.set("item", 1, fields("name", "second", "amount", new BigDecimal("11.00")));
      ChangeEvent updated = read(reader, 1).get(0);
      assertEquals(ChangeType.UPDATED, updated.type());
      assertOld(created.newValue(), updated);
      assertEquals(Value.of("second"), value(updated.newValue(), "name"));
      assertEquals(new Value.DecimalValue("11.00"), value(updated.newValue(), "amount"));
      assertEquals(Value.of("a"), value(updated.newValue(), "note"));
      assertEquals(Set.of("name", "amount"), Set.copyOf(updated.changedFields()));

      writer.delete("item", 1);
      ChangeEvent deleted = read(reader, 1).get(0);
      assertEquals(ChangeType.DELETED, deleted.type());
      assertEquals("1", deleted.id());
      assertOld(updated.newValue(), deleted);
      assertNull(deleted.newValue());
      assertEquals(List.of(), deleted.changedFields());
      assertAscending(List.of(created, updated, deleted));
    }
  }

  private void assertOld(@Nullable Row expected, ChangeEvent event) {
    if (harness().knowsOldState()) {
      assertEquals(expected, event.oldValue());
    }
  }

  @Test
  void null_is_not_the_empty_text() throws Exception {
    try (SourceReader reader = open(BOTH);
        SourceWriter writer = harness().writer()) {
      writer.insert("item", 1, item(null, null, ""));
      ChangeEvent created = read(reader, 1).get(0);
      writer.set("item", 1, fields("name", "", "note", null));
      ChangeEvent updated = read(reader, 1).get(0);
      assertEquals(Value.NULL, value(created.newValue(), "name"));
      assertEquals(Value.NULL, value(created.newValue(), "amount"));
      assertEquals(Value.of(""), value(created.newValue(), "note"));
      assertEquals(Value.of(""), value(updated.newValue(), "name"));
      assertEquals(Value.NULL, value(updated.newValue(), "note"));
      assertEquals(Set.of("name", "note"), Set.copyOf(updated.changedFields()));
    }
  }

  @Test
  void an_update_that_changes_nothing_is_no_event() throws Exception {
    try (SourceReader reader = open(BOTH);
        SourceWriter writer = harness().writer()) {
      writer.insert("item", 1, item("x", "1.00", null));
      writer.set("item", 1, fields("name", "x"));
      writer.insert("item", 2, item("y", "1.00", null));
      List<ChangeEvent> events = read(reader, 2);
      assertEquals(List.of("1", "2"), events.stream().map(ChangeEvent::id).toList());
    }
  }

  @Test
  void nothing_of_a_transaction_is_read_before_its_commit() throws Exception {
    try (SourceReader reader = open(BOTH);
        SourceWriter open = harness().writer();
        SourceWriter other = harness().writer()) {
      open.begin();
      open.insert("item", 1, item("open", "1.00", null));
      other.insert("item", 2, item("other", "1.00", null));
      assertEquals(List.of("2"), read(reader, 1).stream().map(ChangeEvent::id).toList());
      open.insert("item", 3, item("open", "1.00", null));
      assertTrue(readAll(reader, Duration.ofMillis(700)).isEmpty());
      open.commit();
      List<ChangeEvent> events = read(reader, 2);
      assertEquals(List.of("1", "3"), events.stream().map(ChangeEvent::id).toList());
      assertEquals(events.get(0).transactionId(), events.get(1).transactionId());
    }
  }

  @Test
  void a_rollback_publishes_nothing() throws Exception {
    try (SourceReader reader = open(BOTH);
        SourceWriter writer = harness().writer()) {
      writer.begin();
      writer.insert("item", 1, item("gone", "1.00", null));
      writer.rollback();
      writer.begin();
      writer.insert("item", 2, item("kept", "1.00", null));
      if (harness().hasSavepoints()) {
        writer.undone(() -> writer.insert("item", 3, item("gone", "1.00", null)));
      }
      writer.commit();
      writer.insert("item", 4, item("last", "1.00", null));
      assertEquals(List.of("2", "4"), read(reader, 2).stream().map(ChangeEvent::id).toList());
    }
  }

  @Test
  void a_key_change_is_a_delete_and_a_create_that_name_each_other() throws Exception {
    assumeTrue(harness().changesKeys(), "a key never changes in this database");
    try (SourceReader reader = open(BOTH);
        SourceWriter writer = harness().writer()) {
      writer.insert("item", 1, item("x", "1.00", null));
      writer.changeKey("item", 1, 2);
      List<ChangeEvent> events = read(reader, 3);
      ChangeEvent deleted = events.get(1);
      ChangeEvent created = events.get(2);
      assertEquals(ChangeType.DELETED, deleted.type());
      assertEquals("1", deleted.id());
      assertEquals(Row.of("id", Value.of(2)), deleted.previousKey());
      assertEquals(events.get(0).newValue(), deleted.oldValue());
      assertEquals(ChangeType.CREATED, created.type());
      assertEquals("2", created.id());
      assertEquals(Row.of("id", Value.of(1)), created.previousKey());
      assertEquals(Value.of("x"), value(created.newValue(), "name"));
      assertEquals(List.of("id", "name", "amount", "note"), created.changedFields());
      assertNull(events.get(0).previousKey());
      assertAscending(events);
    }
  }

  @Test
  void changes_of_one_key_come_in_commit_order_under_concurrency() throws Exception {
    int writers = 4;
    int changes = 60;
    try (SourceReader reader = open(BOTH);
        SourceWriter first = harness().writer()) {
      first.insert("item", 1, item("0", "0.00", null));
      first.insert("item", 2, item("0", "0.00", null));
      inParallel(
          writers,
          () -> {
            try (SourceWriter writer = harness().writer()) {
              for (int i = 0; i < changes; i++) {
                writer.increment("item", 1 + i % 2, "amount");
              }
            }
            return null;
          });
      List<ChangeEvent> events = read(reader, 2 + writers * changes);
      assertAscending(events);
      Map<String, Row> last = new TreeMap<>();
      for (ChangeEvent event : events) {
        assertOld(last.get(event.id()), event);
        last.put(event.id(), assertNotNullRow(event.newValue()));
      }
      for (Row row : last.values()) {
        assertEquals(new Value.DecimalValue("120.00"), value(row, "amount"));
      }
      assertTrue(readAll(reader, Duration.ofMillis(300)).isEmpty());
    }
  }

  @Test
  void resuming_at_every_position_gives_the_same_rest() throws Exception {
    Source source = harness().source(BOTH);
    List<ChangeEvent> all = new ArrayList<>();
    List<Position> positions = new ArrayList<>();
    List<Integer> readBefore = new ArrayList<>();
    long epoch;
    try (SourceReader reader = source.open(start(Optional.empty(), 0, FirstStart.NOW))) {
      epoch = reader.epoch();
      positions.add(reader.position());
      readBefore.add(0);
      writeSomeTransactions();
      long deadline = System.nanoTime() + WAIT.toNanos();
      // The end of a transaction may be known only when nothing comes after it.
      while (readBefore.get(readBefore.size() - 1) < 13 && System.nanoTime() < deadline) {
        SourceBatch batch = reader.poll(2, Duration.ofMillis(100));
        all.addAll(batch.events());
        if (batch.position() != null) {
          positions.add(batch.position());
          readBefore.add(all.size());
        }
      }
    }
    assertEquals(13, all.size());
    assertEquals(13, new HashSet<>(all.stream().map(ChangeEvent::eventId).toList()).size());
    assertEquals(
        13,
        readBefore.get(readBefore.size() - 1),
        "where a transaction has ended there is a position");
    for (int i = 0; i < positions.size(); i++) {
      Position position = positions.get(i);
      List<ChangeEvent> rest = all.subList(readBefore.get(i), all.size());
      try (SourceReader reader = source.open(start(Optional.of(position), epoch, FirstStart.NOW))) {
        assertEquals(epoch, reader.epoch(), "nothing happened to the log, so the epoch stays");
        assertSame(rest, read(reader, rest.size()), () -> "resumed at " + position);
        assertTrue(
            readAll(reader, Duration.ofMillis(50)).isEmpty(),
            () -> "more than the rest came at " + position);
      }
    }
  }

  @Test
  void a_position_stands_at_the_end_of_every_transaction_and_large_ones_are_spread()
      throws Exception {
    try (SourceReader reader = open(BOTH);
        SourceWriter writer = harness().writer()) {
      writer.begin();
      for (int i = 1; i <= 7; i++) {
        writer.insert("item", i, item("x", "1.00", null));
      }
      writer.commit();
      writer.insert("item", 8, item("y", "1.00", null));
      List<ChangeEvent> events = new ArrayList<>();
      boolean open = false;
      long deadline = System.nanoTime() + WAIT.toNanos();
      while (events.size() < 8 && System.nanoTime() < deadline) {
        SourceBatch batch = reader.poll(3, Duration.ofMillis(100));
        assertTrue(
            batch.events().size() <= 3,
            () -> "at most 3 events were asked for, got " + batch.events());
        if (open && batch.position() == null && !batch.events().isEmpty()) {
          ChangeEvent before = events.get(events.size() - 1);
          assertEquals(
              before.transactionId(),
              batch.events().get(0).transactionId(),
              "no position, so the transaction goes on");
        }
        if (!batch.events().isEmpty()) {
          open = batch.position() == null;
        }
        events.addAll(batch.events());
      }
      assertEquals(8, events.size());
      assertFalse(open, "the last transaction ended, so there is a position");
    }
  }

  @Test
  void filters_never_change_versions() throws Exception {
    Source both = harness().source(BOTH);
    Source one = harness().source(Set.of("item"));
    try (SourceReader wide = both.open(start(Optional.empty(), 0, FirstStart.NOW))) {
      ReaderStart same = start(Optional.of(wide.position()), wide.epoch(), FirstStart.NOW);
      try (SourceReader narrow = one.open(same)) {
        writeSomeTransactions();
        List<ChangeEvent> all = read(wide, 13);
        List<ChangeEvent> items =
            all.stream().filter(event -> event.entity().equals("item")).toList();
        assertTrue(items.size() < all.size());
        assertSame(items, read(narrow, items.size()), () -> "filtered");
        assertTrue(readAll(narrow, Duration.ofMillis(300)).isEmpty());
      }
    }
  }

  @Test
  void the_first_start_is_where_it_was_told_to_be() throws Exception {
    Source source = harness().source(BOTH);
    try (SourceWriter writer = harness().writer()) {
      try (SourceReader warmUp = source.open(start(Optional.empty(), 0, FirstStart.NOW))) {
        writer.insert("item", 1, item("before", "1.00", null));
        read(warmUp, 1);
      }
      try (SourceReader now = source.open(start(Optional.empty(), 0, FirstStart.NOW))) {
        writer.insert("item", 2, item("after", "1.00", null));
        assertEquals(List.of("2"), read(now, 1).stream().map(ChangeEvent::id).toList());
      }
    }
  }

  @Test
  void wake_up_ends_a_wait_and_does_no_harm_otherwise() throws Exception {
    Source source = harness().source(BOTH);
    source.wakeUp();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (SourceReader reader = source.open(start(Optional.empty(), 0, FirstStart.NOW))) {
      readAll(
          reader, Duration.ofSeconds(2)); // long enough for a polling reader to have become slow
      Future<SourceBatch> batch = thread.submit(() -> reader.poll(10, Duration.ofSeconds(30)));
      assertThrows(
          java.util.concurrent.TimeoutException.class, () -> batch.get(700, TimeUnit.MILLISECONDS));
      long start = System.nanoTime();
      source.wakeUp();
      assertTrue(batch.get(10, TimeUnit.SECONDS).events().isEmpty());
      assertTrue(
          System.nanoTime() - start < Duration.ofSeconds(5).toNanos(),
          "the wait ended because of the wake-up");
    } finally {
      thread.shutdownNow();
      assertTrue(thread.awaitTermination(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void a_position_of_another_kind_or_of_a_newer_format_is_refused_by_name() throws Exception {
    Source source = harness().source(BOTH);
    Position own;
    try (SourceReader reader = source.open(start(Optional.empty(), 0, FirstStart.NOW))) {
      own = reader.position();
    }
    Position foreign = new Position("somewhere-else", 1, own.text());
    SourceException kind =
        assertThrows(
            SourceException.class,
            () -> source.open(start(Optional.of(foreign), 1, FirstStart.NOW)).close());
    assertTrue(String.valueOf(kind.getMessage()).contains("somewhere-else"), kind.getMessage());
    Position newer = new Position(own.kind(), own.format() + 1, own.text());
    SourceException format =
        assertThrows(
            SourceException.class,
            () -> source.open(start(Optional.of(newer), 1, FirstStart.NOW)).close());
    assertTrue(
        String.valueOf(format.getMessage()).contains(Integer.toString(own.format() + 1)),
        format.getMessage());
  }

  @Test
  void an_accepted_gap_raises_the_epoch() throws Exception {
    Source source = harness().source(BOTH);
    long epoch;
    try (SourceReader reader = source.open(start(Optional.empty(), 0, FirstStart.NOW))) {
      epoch = reader.epoch();
    }
    ReaderStart gap =
        new ReaderStart("contract-" + pipelines, Optional.empty(), epoch, FirstStart.NOW, true);
    try (SourceReader reader = source.open(gap);
        SourceWriter writer = harness().writer()) {
      assertTrue(reader.epoch() > epoch, () -> reader.epoch() + " must be higher than " + epoch);
      writer.insert("item", 1, item("after", "1.00", null));
      assertEquals(reader.epoch(), read(reader, 1).get(0).version().epoch());
    }
  }

  @Test
  void close_may_be_called_twice() throws Exception {
    SourceReader reader = open(BOTH);
    reader.close();
    reader.close();
  }

  /** Thirteen events in five transactions; the two tables and a key change are among them. */
  private void writeSomeTransactions() throws Exception {
    try (SourceWriter writer = harness().writer()) {
      writer.begin();
      writer.insert("item", 1, item("a", "1.00", null));
      writer.insert("other", 1, fields("name", "o"));
      writer.insert("item", 2, item("b", "2.00", "n"));
      writer.commit();
      writer.begin();
      writer.increment("item", 1, "amount");
      writer.increment("item", 2, "amount");
      writer.commit();
      writer.begin();
      if (harness().changesKeys()) {
        writer.changeKey("item", 2, 3);
      } else {
        writer.delete("item", 2);
        writer.insert("item", 3, item("b", "3.00", "n"));
      }
      writer.set("other", 1, fields("name", "p"));
      writer.delete("item", 1);
      writer.commit();
      writer.insert("item", 1, item("again", "5.00", null));
      writer.begin();
      writer.set("item", 1, fields("note", "x"));
      writer.set("item", 1, fields("note", "y"));
      writer.delete("other", 1);
      writer.commit();
    }
  }

  /**
   * Two readings of one log give the same; where states are looked up, the same but for the states.
   */
  private void assertSame(List<ChangeEvent> expected, List<ChangeEvent> read, Supplier<String> at) {
    if (harness().knowsExactState()) {
      assertEquals(expected, read, at);
    } else {
      assertEquals(
          expected.stream().map(SourceContract::withoutState).toList(),
          read.stream().map(SourceContract::withoutState).toList(),
          at);
    }
  }

  private static ChangeEvent withoutState(ChangeEvent event) {
    return event.toBuilder().newValue(null).oldValue(null).build();
  }

  private SourceReader open(Set<String> entities) {
    return harness().source(entities).open(start(Optional.empty(), 0, FirstStart.NOW));
  }

  /**
   * Every first start is a pipeline of its own: a source may remember that a pipeline ran before.
   */
  private ReaderStart start(Optional<Position> position, long epoch, FirstStart first) {
    return new ReaderStart("contract-" + ++pipelines, position, epoch, first);
  }

  /** Reads until so many events came; fails where they do not come in time. */
  private static List<ChangeEvent> read(SourceReader reader, int count)
      throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + WAIT.toNanos();
    while (events.size() < count) {
      assertTrue(
          System.nanoTime() < deadline, () -> "waited for " + count + " events, got " + events);
      events.addAll(reader.poll(1000, Duration.ofMillis(100)).events());
    }
    assertEquals(count, events.size(), () -> "more events than expected: " + events);
    return events;
  }

  private static List<ChangeEvent> readAll(SourceReader reader, Duration time)
      throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + time.toNanos();
    do {
      events.addAll(reader.poll(1000, Duration.ofMillis(20)).events());
    } while (System.nanoTime() < deadline);
    return events;
  }

  private static void assertAscending(List<ChangeEvent> events) {
    for (int i = 1; i < events.size(); i++) {
      ChangeEvent before = events.get(i - 1);
      ChangeEvent after = events.get(i);
      if (before.id().equals(after.id()) && before.entity().equals(after.entity())) {
        assertTrue(
            before.version().compareTo(after.version()) < 0,
            () -> before + " must stand before " + after);
      }
    }
  }

  private static Value value(@Nullable Row row, String field) {
    Value value = assertNotNullRow(row).get(field);
    assertNotNull(value, () -> "field '" + field + "' is missing in " + row);
    return value;
  }

  private static Row assertNotNullRow(@Nullable Row row) {
    assertNotNull(row);
    return row;
  }

  private static Map<String, @Nullable Object> item(
      @Nullable String name, @Nullable String amount, @Nullable String note) {
    return fields(
        "name", name, "amount", amount == null ? null : new BigDecimal(amount), "note", note);
  }

  /** Names and values in turns. */
  private static Map<String, @Nullable Object> fields(@Nullable Object... namesAndValues) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
    }
    return fields;
  }

  private static void inParallel(int threads, Callable<Void> work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(pool.submit(work));
      }
      for (Future<Void> one : running) {
        one.get(60, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
      assertTrue(pool.awaitTermination(10, TimeUnit.SECONDS));
    }
  }
}
