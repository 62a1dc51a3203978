package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.position.StoredPosition;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedEvents;
import io.millrace.cdc.position.UnpublishedKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every position store must keep. Extend it and give it a {@link PositionStoreHarness}. */
public abstract class PositionStoreContract {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Position POSITION = new Position("test", 3, "server 'é', at 5; \\ x = y");

  private @Nullable PositionStoreHarness made;

  /** A harness over an empty store, for one test. */
  protected abstract PositionStoreHarness newHarness() throws Exception;

  /** Only for JUnit. */
  protected PositionStoreContract() {}

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

  private PositionStoreHarness harness() {
    return Check.notNull(made, "harness");
  }

  private PositionStore store() {
    return harness().store();
  }

  @Test
  void a_pipeline_that_never_saved_has_nothing_stored() {
    PositionStore store = store();
    assertEquals(Optional.empty(), store.load(acquire(store, "one", LONG)));
  }

  @Test
  void what_was_saved_is_loaded_by_another_instance() {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    store.save(lease, Optional.of(POSITION), 41);
    store.save(lease, Optional.of(POSITION), 42);
    store.release(lease);
    store.close();
    PositionStore other = store();
    StoredPosition stored = other.load(acquire(other, "two", LONG)).orElseThrow();
    assertEquals(Optional.of(POSITION), stored.position());
    assertEquals(42, stored.epoch());
    assertTrue(stored.savedAt().toEpochMilli() > 0);
  }

  @Test
  void an_epoch_without_a_position_is_kept() {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    store.save(lease, Optional.of(POSITION), 7);
    store.save(lease, Optional.empty(), 7);
    StoredPosition stored = store.load(lease).orElseThrow();
    assertEquals(Optional.empty(), stored.position());
    assertEquals(7, stored.epoch());
  }

  @Test
  void a_long_position_is_kept_whole() {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    Position large = new Position("test", 1, "0123456789".repeat(20_000));
    store.save(lease, Optional.of(large), 1);
    assertEquals(Optional.of(large), store.load(lease).orElseThrow().position());
  }

  @Test
  void pipelines_do_not_see_each_other() {
    PositionStore store = store();
    Lease upper = store.acquire("Orders", "one", LONG).orElseThrow();
    Lease lower = store.acquire("orders", "one", LONG).orElseThrow();
    store.save(upper, Optional.of(POSITION), 1);
    assertEquals(Optional.empty(), store.load(lower));
  }

  @Test
  void a_lease_excludes_others_until_it_is_given_back() {
    PositionStore one = store();
    PositionStore two = store();
    Lease lease = acquire(one, "one", LONG);
    assertEquals(Optional.empty(), two.acquire("p", "two", LONG));
    assertEquals(Optional.empty(), one.acquire("p", "one", LONG));
    one.release(lease);
    Lease next = acquire(two, "two", LONG);
    assertTrue(next.token() > lease.token());
  }

  @Test
  void a_lease_that_has_ended_is_taken_over() throws Exception {
    PositionStore one = store();
    PositionStore two = store();
    Lease lease = acquire(one, "one", SHORT);
    one.save(lease, Optional.of(POSITION), 1);
    harness().pass(SHORT.multipliedBy(2));
    Lease next = acquire(two, "two", LONG);
    assertTrue(next.token() > lease.token());
    assertEquals(Optional.of(POSITION), two.load(next).orElseThrow().position());
  }

  @Test
  void a_lease_that_was_renewed_is_not_taken_over() throws Exception {
    PositionStore one = store();
    Lease lease = acquire(one, "one", SHORT);
    Lease renewed = one.renew(lease, LONG);
    assertEquals(lease.token(), renewed.token());
    assertTrue(renewed.until().isAfter(lease.until()));
    harness().pass(SHORT.multipliedBy(2));
    assertEquals(Optional.empty(), store().acquire("p", "two", LONG));
  }

  @Test
  void an_owner_that_was_paused_past_a_take_over_saves_nothing() throws Exception {
    PositionStore one = store();
    PositionStore two = store();
    Lease old = acquire(one, "one", SHORT);
    one.save(old, Optional.of(POSITION), 1);
    harness().pass(SHORT.multipliedBy(2));
    Lease next = acquire(two, "two", LONG);
    Position late = new Position("test", 3, "late");
    FencedException fenced =
        assertThrows(FencedException.class, () -> one.save(old, Optional.of(late), 2));
    assertFalse(fenced.retryable());
    assertTrue(String.valueOf(fenced.getMessage()).contains("two"), fenced.getMessage());
    assertThrows(FencedException.class, () -> one.renew(old, LONG));
    assertThrows(FencedException.class, () -> one.load(old));
    one.release(old);
    StoredPosition stored = two.load(next).orElseThrow();
    assertEquals(Optional.of(POSITION), stored.position());
    assertEquals(1, stored.epoch());
    assertEquals(Optional.empty(), one.acquire("p", "three", LONG));
  }

  @Test
  void an_owner_that_was_paused_and_not_replaced_may_go_on() throws Exception {
    PositionStore one = store();
    Lease lease = acquire(one, "one", SHORT);
    harness().pass(SHORT.multipliedBy(2));
    one.save(lease, Optional.of(POSITION), 1);
    assertEquals(lease.token(), one.renew(lease, LONG).token());
  }

  @Test
  void of_many_that_ask_at_once_one_gets_the_lease() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6, run -> new Thread(run, "asks"));
    try {
      List<Callable<Optional<Lease>>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        String owner = "owner " + i;
        all.add(() -> store().acquire("p", owner, LONG));
      }
      int granted = 0;
      for (Future<Optional<Lease>> asked : threads.invokeAll(all)) {
        granted += asked.get().isPresent() ? 1 : 0;
      }
      assertEquals(1, granted);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void a_record_of_a_newer_release_is_refused_by_name_and_left_as_it_is() throws Exception {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    store.save(lease, Optional.of(POSITION), 1);
    store.release(lease);
    harness().writeAsNewerRelease("p");
    for (int i = 0; i < 2; i++) {
      PositionException refused =
          assertThrows(PositionException.class, () -> store().acquire("p", "two", LONG));
      assertFalse(refused.retryable());
      assertTrue(
          String.valueOf(refused.getMessage()).contains("newer release"), refused.getMessage());
    }
    assertThrows(PositionException.class, () -> store.save(lease, Optional.empty(), 9));
  }

  @Test
  void a_crash_while_saving_leaves_what_was_there() throws Exception {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    store.save(lease, Optional.of(POSITION), 5);
    harness().crashWhileSaving("p");
    StoredPosition stored = store().load(lease).orElseThrow();
    assertEquals(Optional.of(POSITION), stored.position());
    assertEquals(5, stored.epoch());
    store.save(lease, Optional.of(POSITION), 6);
    assertEquals(6, store.load(lease).orElseThrow().epoch());
  }

  @Test
  void an_accepted_gap_is_kept_with_the_position_it_goes_on_from() throws Exception {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    assertEquals(List.of(), store.gaps(lease));
    store.save(lease, Optional.of(POSITION), 1);
    Position on = new Position("test", 2, "goes on é");
    AcceptedGap first =
        new AcceptedGap(Instant.ofEpochMilli(7), "purged \n 'é'", Optional.of(POSITION), on, 5);
    AcceptedGap second = new AcceptedGap(Instant.EPOCH, "gone", Optional.empty(), on, 6);
    store.saveAfter(lease, first);
    assertEquals(Optional.of(on), store.load(lease).orElseThrow().position());
    assertEquals(5, store.load(lease).orElseThrow().epoch());
    store.saveAfter(lease, second);
    // The position was lost once more, of a log that had stayed the same.
    AcceptedGap third = new AcceptedGap(Instant.EPOCH, "again", Optional.empty(), on, 6);
    store.saveAfter(lease, third);
    store.save(lease, Optional.of(POSITION), 7);
    store.release(lease);
    PositionStore other = store();
    Lease next = acquire(other, "two", LONG);
    assertEquals(List.of(first, second, third), other.gaps(next));
    assertEquals(Optional.of(POSITION), other.load(next).orElseThrow().position());
    assertThrows(FencedException.class, () -> store.saveAfter(lease, second));
    assertThrows(FencedException.class, () -> store.gaps(lease));
    Lease another = other.acquire("q", "two", LONG).orElseThrow();
    assertEquals(List.of(), other.gaps(another));
    other.release(next);
    harness().writeAsNewerRelease("p");
    assertThrows(PositionException.class, () -> store().acquire("p", "three", LONG));
  }

  @Test
  void events_that_cannot_be_published_are_kept_with_the_position_in_order_per_key() {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    assertEquals(List.of(), unpublished(store).keys(lease));
    unpublished(store)
        .save(lease, Optional.of(POSITION), 3, List.of(event("a", 1), event("b é'", 2)));
    unpublished(store)
        .save(lease, Optional.of(POSITION), 3, List.of(event("a", 3), event("a ", 4)));
    store.release(lease);
    store.close();
    PositionStore other = store();
    Lease next = acquire(other, "two", LONG);
    assertEquals(Optional.of(POSITION), other.load(next).orElseThrow().position());
    List<UnpublishedKey> keys = unpublished(other).keys(next);
    assertEquals(
        List.of("a", "b é'", "a "), keys.stream().map(UnpublishedKey::routingKey).toList());
    assertEquals(2, keys.get(0).events());
    assertEquals(2L * event("a", 1).size(), keys.get(0).bytes());
    assertEquals("event 1", keys.get(0).first());
    assertEquals("too large", keys.get(0).error());
    assertTrue(keys.get(0).heldSince().toEpochMilli() > 0);
    assertEquals(List.of(1, 3), numbers(other, next, "a"));
    assertEquals(List.of(2), numbers(other, next, "b é'"));
    assertEquals(List.of(4), numbers(other, next, "a "));
    assertEquals(List.of(), numbers(other, next, "A"));
  }

  @Test
  void a_released_event_is_forgotten_and_the_later_ones_of_its_key_stay() {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    List<UnpublishedEvent> events = List.of(event("a", 1), event("b", 2), event("a", 3));
    unpublished(store).save(lease, Optional.of(POSITION), 1, events);
    UnpublishedEvents.Waiting first = unpublished(store).next(lease, "a", 0).orElseThrow();
    unpublished(store).release(lease, "a", first.place());
    assertEquals(List.of(3), numbers(store, lease, "a"));
    unpublished(store).save(lease, Optional.of(POSITION), 1, List.of(event("a", 4)));
    assertEquals(List.of(3, 4), numbers(store, lease, "a"));
    unpublished(store).release(lease, "a", Long.MAX_VALUE);
    assertEquals(List.of(), numbers(store, lease, "a"));
    assertEquals(List.of(2), numbers(store, lease, "b"));
    unpublished(store).release(lease, "b", Long.MAX_VALUE);
    assertEquals(List.of(), unpublished(store).keys(lease));
  }

  @Test
  void an_owner_that_was_paused_past_a_take_over_keeps_and_releases_nothing() throws Exception {
    PositionStore one = store();
    PositionStore two = store();
    Lease old = acquire(one, "one", SHORT);
    unpublished(one).save(old, Optional.of(POSITION), 1, List.of(event("a", 1)));
    harness().pass(SHORT.multipliedBy(2));
    Lease next = acquire(two, "two", LONG);
    Position late = new Position("test", 3, "late");
    UnpublishedEvents held = unpublished(one);
    assertThrows(
        FencedException.class, () -> held.save(old, Optional.of(late), 2, List.of(event("a", 2))));
    assertThrows(FencedException.class, () -> held.release(old, "a", Long.MAX_VALUE));
    assertThrows(FencedException.class, () -> held.next(old, "a", 0));
    assertThrows(FencedException.class, () -> held.keys(old));
    assertEquals(Optional.of(POSITION), two.load(next).orElseThrow().position());
    assertEquals(List.of(1), numbers(two, next, "a"));
  }

  @Test
  void large_events_and_other_pipelines_events_are_kept_apart_and_whole() {
    PositionStore store = store();
    Lease upper = store.acquire("Orders", "one", LONG).orElseThrow();
    Lease lower = store.acquire("orders", "one", LONG).orElseThrow();
    byte[] body = new byte[3_000_000];
    new Random(7).nextBytes(body);
    Map<String, String> headers = Map.of("traceparent", "00-é", "empty", "");
    UnpublishedEvent large = new UnpublishedEvent("k", "w", "e", new Encoded(body, headers));
    unpublished(store).save(upper, Optional.of(POSITION), 1, List.of(large));
    assertEquals(List.of(), unpublished(store).keys(lower));
    Encoded kept = unpublished(store).next(upper, "k", 0).orElseThrow().event().event();
    assertArrayEquals(body, kept.body());
    assertEquals(headers, kept.headers());
  }

  @Test
  void why_an_event_is_held_is_kept_and_adds_nothing_to_it() {
    PositionStore store = store();
    Lease lease = acquire(store, "one", LONG);
    List<UnpublishedEvent> events = new ArrayList<>();
    for (UnpublishedEvent.Cause cause : UnpublishedEvent.Cause.values()) {
      events.add(
          new UnpublishedEvent(
              "a", cause.name(), "e", cause, new Encoded(new byte[] {1}, Map.of("h", "v"))));
    }
    unpublished(store).save(lease, Optional.of(POSITION), 1, events);
    store.release(lease);
    store.close();
    PositionStore other = store();
    Lease next = acquire(other, "two", LONG);
    long place = 0;
    for (UnpublishedEvent.Cause cause : UnpublishedEvent.Cause.values()) {
      UnpublishedEvents.Waiting waiting = unpublished(other).next(next, "a", place).orElseThrow();
      assertEquals(cause.name(), waiting.event().what());
      assertEquals(cause, waiting.event().cause());
      assertEquals(Map.of("h", "v"), waiting.event().event().headers());
      place = waiting.place();
    }
  }

  private static UnpublishedEvents unpublished(PositionStore store) {
    return store.unpublished().orElseThrow();
  }

  private static UnpublishedEvent event(String routingKey, int number) {
    return new UnpublishedEvent(
        routingKey,
        "event " + number,
        "too large",
        new Encoded(new byte[] {0, (byte) number, -1}, Map.of("h", "v")));
  }

  private static List<Integer> numbers(PositionStore store, Lease lease, String routingKey) {
    List<Integer> numbers = new ArrayList<>();
    long place = 0;
    while (true) {
      Optional<UnpublishedEvents.Waiting> next = unpublished(store).next(lease, routingKey, place);
      if (next.isEmpty()) {
        return numbers;
      }
      assertEquals(routingKey, next.get().event().routingKey());
      assertTrue(next.get().place() > place);
      place = next.get().place();
      numbers.add((int) next.get().event().event().body()[1]);
    }
  }

  private static Lease acquire(PositionStore store, String owner, Duration duration) {
    Lease lease = store.acquire("p", owner, duration).orElseThrow();
    assertEquals("p", lease.pipeline());
    assertEquals(owner, lease.owner());
    return lease;
  }
}
