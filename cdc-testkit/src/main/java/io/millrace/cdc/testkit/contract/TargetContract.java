package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierBuilder;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.FirstOffset;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.Unreadable;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every target must do in mirror mode, over an in-process channel and a real server. */
public abstract class TargetContract {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Publisher publisher = transport.publisher();
  private final List<Applier> appliers = new ArrayList<>();
  private final Events items = new Events(publisher, "item");
  private TargetHarness harness;

  /** A harness with an empty database. */
  protected abstract TargetHarness harness();

  @BeforeEach
  final void create() {
    harness = harness();
    harness.createItems();
  }

  @AfterEach
  final void close() {
    appliers.forEach(Applier::close);
    publisher.close();
  }

  private Target itemTarget() {
    return harness.itemTarget();
  }

  /** An applier that holds what is refused and tries it again soon. */
  protected final ApplierBuilder builder(Target target) {
    return Applier.builder("test-in")
        .service("shop")
        .from(transport.subscriber("shop"))
        .to(target)
        .maxWait(Duration.ofMillis(20))
        .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(50)));
  }

  /** Makes events of an entity for the channel that {@link #start} reads. */
  protected final Events events(String entity) {
    return new Events(publisher, entity);
  }

  /** An applier that holds what is refused; the contract closes it. */
  protected final Applier start(Target target) {
    return start(builder(target));
  }

  /** Starts an applier; the contract closes it. */
  protected final Applier start(ApplierBuilder builder) {
    Applier applier = builder.build();
    appliers.add(applier);
    applier.start();
    return applier;
  }

  /** Waits until all is applied or held. */
  protected static final ApplierStatus caughtUp(Applier applier) throws InterruptedException {
    assertTrue(applier.awaitCaughtUp(LIMIT), () -> "not caught up: " + applier.status());
    return applier.status();
  }

  private String items() {
    return harness.items();
  }

  @Test
  void rows_are_created_updated_and_deleted() throws Exception {
    items.send(
        items.created(1, "name", "one", "amount", new BigDecimal("1.50"), "note", "a"),
        items.created(2, "name", "two", "amount", new BigDecimal("2.00"), "note", Value.NULL));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    assertEquals("[1, one, 1.50, a][2, two, 2.00, null]", items());
    items.send(items.updated(1, "name", "uno", "amount", Value.NULL, "note", ""), items.deleted(2));
    ApplierStatus status = caughtUp(applier);
    assertEquals("[1, uno, null, ]", items());
    assertEquals(4, status.applied());
    assertTrue(status.healthy(), status::toString);
  }

  @Test
  void an_insert_of_an_existing_row_updates_it_and_an_update_of_a_missing_row_creates_it()
      throws Exception {
    harness.putItem(1, "old", "9", "old");
    items.send(
        items.created(1, "name", "new", "amount", 1, "note", "n"),
        items.updated(2, "name", "made", "amount", 2, "note", "m"),
        items.deleted(3));
    caughtUp(start(itemTarget()));
    assertEquals("[1, new, 1.00, n][2, made, 2.00, m]", items());
  }

  @Test
  void applying_twice_is_applying_once_and_older_events_change_nothing() throws Exception {
    ChangeEvent first = items.created(1, "name", "first", "amount", 1, "note", "n");
    ChangeEvent second = items.updated(1, "name", "second", "amount", 2, "note", "n");
    ChangeEvent gone = items.created(2, "name", "x", "amount", 2, "note", "n");
    ChangeEvent deletion = items.deleted(2);
    items.send(first, second, first, gone, deletion, second);
    Applier applier = start(itemTarget());
    caughtUp(applier);
    items.send(
        first, second, gone,
        deletion); // a restarted publisher sends again; the tombstone keeps row 2 away
    ApplierStatus status = caughtUp(applier);
    assertEquals("[1, second, 2.00, n]", items());
    assertEquals(4, status.applied());
    assertEquals(6, status.duplicates());
  }

  @Test
  void a_publisher_that_sends_again_and_again_changes_nothing() throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    Random random = new Random(seed);
    RandomRepeats repeats = new RandomRepeats(items, random);
    Applier applier = start(builder(itemTarget()).batchSize(1 + random.nextInt(20)));
    items.send(repeats.sent().toArray(ChangeEvent[]::new));
    ApplierStatus status = caughtUp(applier);
    assertEquals(repeats.items(), items(), () -> "-Dmillrace.seed=" + seed);
    assertEquals(repeats.repeats(), status.duplicates(), () -> "-Dmillrace.seed=" + seed);
  }

  @Test
  void partial_rows_change_only_what_they_have() throws Exception {
    harness.putItem(1, "keep", "9", "old");
    Row partial =
        Row.builder().put("id", Value.of(1)).put("note", Value.of("new")).partial(true).build();
    items.send(
        items
            .event(ChangeType.UPDATED, 1)
            .newValue(partial)
            .changedFields(List.of("note"))
            .build());
    caughtUp(start(itemTarget()));
    assertEquals("[1, keep, 9.00, new]", items());
  }

  @Test
  void a_restart_goes_on_at_the_stored_offset() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Applier first = start(itemTarget());
    caughtUp(first);
    first.close();
    assertEquals(ApplierState.CLOSED, first.status().state());
    harness.removeItems();
    items.send(items.created(2, "name", "b", "amount", 1, "note", "n"));
    ApplierStatus status = caughtUp(start(itemTarget()));
    assertEquals("[2, b, 1.00, n]", items());
    assertEquals(1, status.applied());
    assertEquals(0, status.duplicates());
  }

  @Test
  void a_value_that_does_not_fit_is_held_and_never_cut() throws Exception {
    items.send(
        items.created(1, "name", "much too long for twenty characters", "amount", 1, "note", "n"),
        items.created(2, "name", "fits", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    items.send(items.updated(1, "name", "and later still much too long", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals("[2, fits, 1.00, n]", items());
    await(() -> applier.held().get(0).attempts() > 1);
    assertEquals(2, applier.held().get(0).events());
    assertFalse(applier.replay(new EntityKey("item", "1")));
    assertTrue(applier.discard(new EntityKey("item", "1")));
    items.send(items.updated(1, "name", "later", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals("[1, later, 1.00, n][2, fits, 1.00, n]", items());
  }

  @Test
  void a_held_key_is_parked_after_its_limit_and_can_be_replayed() throws Exception {
    items.send(
        items.created(1, "name", "much too long for twenty characters", "amount", 1, "note", "n"));
    Applier applier =
        start(
            builder(itemTarget())
                .onRejected(
                    Rejection.hold()
                        .parkAfter(Duration.ofMillis(1))
                        .retryEvery(Duration.ofMillis(20))));
    await(() -> applier.status().parkedKeys() == 1);
    assertFalse(applier.status().healthy());
    harness.widenNames();
    items.send(items.updated(1, "name", "short", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals(2, applier.status().held(), "what comes later waits behind it");
    assertTrue(applier.replay(new EntityKey("item", "1")));
    assertEquals("[1, short, 1.00, n]", items());
    assertTrue(applier.status().healthy());
  }

  @Test
  void stopping_at_the_first_refusal_loses_nothing() throws Exception {
    items.send(
        items.created(1, "name", "much too long for twenty characters", "amount", 1, "note", "n"));
    Applier applier = start(builder(itemTarget()).onRejected(Rejection.stop()));
    await(() -> applier.status().state() == ApplierState.FAILED);
    harness.widenNames();
    caughtUp(start(itemTarget()));
    assertEquals("[1, much too long for twenty characters, 1.00, n]", items());
  }

  @Test
  void another_owner_of_the_partition_is_not_overwritten() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    // Somebody else moved on: what this one believes is stored is wrong, so it must join again and
    // go on from there.
    harness.moveOffset(2);
    items.send(
        items.created(2, "name", "skipped", "amount", 1, "note", "n"),
        items.created(3, "name", "b", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals("[1, a, 1.00, n][3, b, 1.00, n]", items());
  }

  @Test
  void a_row_is_matched_by_its_key_and_by_no_other_unique_index() throws Exception {
    Target target = accountTarget(true);
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1));
    Applier applier = start(target);
    caughtUp(applier);
    accounts.send(account(accounts, 2, "a@x", 2));
    assertEquals(1, caughtUp(applier).held());
    assertEquals("[[1, a@x, 1, n1]]", accounts());
    accounts.send(accounts.deleted(1));
    await(() -> applier.status().held() == 0);
    assertEquals("[[2, a@x, 2, n2]]", accounts());
  }

  private Target accountTarget(boolean optionalEmail) {
    harness.createAccounts(optionalEmail);
    return harness.accountTarget();
  }

  private String accounts() {
    return harness.accounts();
  }

  /** An account's state. */
  protected static final ChangeEvent account(Events accounts, int id, String email, int nr) {
    return accounts.updated(id, "email", email, "nr", nr, "name", "n" + id);
  }

  @Test
  void rows_exchange_unique_values_in_one_batch_and_over_several() throws Exception {
    Target target = accountTarget(true);
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    accounts.send(account(accounts, 3, "c@x", 3), account(accounts, 4, "d@x", 4));
    Applier applier = start(target);
    caughtUp(applier);
    accounts.send(account(accounts, 1, "b@x", 2), account(accounts, 2, "a@x", 1));
    await(() -> accounts().startsWith("[[1, b@x, 2, n1], [2, a@x, 1, n2],"));
    applier.close();
    accounts.send(account(accounts, 1, "c@x", 3), account(accounts, 2, "b@x", 2));
    accounts.send(account(accounts, 3, "a@x", 1), account(accounts, 2, "b2@x", 2));
    Applier single = start(builder(target).batchSize(1));
    await(
        () ->
            accounts()
                .equals("[[1, c@x, 3, n1], [2, b2@x, 2, n2], [3, a@x, 1, n3], [4, d@x, 4, n4]]"));
    await(() -> single.status().held() == 0);
    assertTrue(single.status().healthy(), () -> single.status().toString());
  }

  @Test
  void an_exchange_waits_for_all_it_needs_and_who_waits_for_something_else_stays()
      throws Exception {
    Target target = accountTarget(false);
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    accounts.send(account(accounts, 3, "c@x", 3), account(accounts, 4, "d@x", 4));
    caughtUp(start(target));
    appliers.get(0).close();
    // 5 wants what 4 has and keeps; 1 and 2 exchange, 1 with a later event behind.
    accounts.send(account(accounts, 5, "d@x", 5), account(accounts, 1, "b@x", 1));
    Applier applier = start(target);
    assertEquals(2, caughtUp(applier).held());
    await(() -> applier.held().size() == 2 && applier.held().get(1).attempts() > 2);
    accounts.send(account(accounts, 1, "b@x", 9), account(accounts, 2, "a@x", 2));
    await(() -> applier.status().held() == 1);
    assertEquals(
        "[[1, b@x, 9, n1], [2, a@x, 2, n2], [3, c@x, 3, n3], [4, d@x, 4, n4]]", accounts());
    assertEquals(new EntityKey("account", "5"), applier.held().get(0).key());
  }

  @Test
  void parked_keys_that_exchange_a_value_go_with_a_replay_of_one_of_them() throws Exception {
    Target target = accountTarget(true);
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    Rejection soon =
        Rejection.hold().parkAfter(Duration.ofMillis(1)).retryEvery(Duration.ofMillis(20));
    Applier applier = start(builder(target).onRejected(soon));
    caughtUp(applier);
    accounts.send(account(accounts, 1, "b@x", 1));
    await(() -> applier.status().parkedKeys() == 1);
    accounts.send(account(accounts, 2, "a@x", 2));
    await(() -> applier.status().parkedKeys() == 2);
    assertTrue(applier.replay(new EntityKey("account", "2")));
    assertEquals("[[1, b@x, 1, n1], [2, a@x, 2, n2]]", accounts());
    await(() -> applier.status().healthy());
  }

  @Test
  void a_first_start_with_the_newest_event_is_remembered_before_anything_was_applied()
      throws Exception {
    items.send(items.created(1, "name", "before", "amount", 1, "note", "n"));
    Applier first = start(builder(itemTarget()).firstStart(FirstOffset.NEWEST));
    caughtUp(first);
    first.close();
    items.send(items.created(2, "name", "between", "amount", 1, "note", "n"));
    caughtUp(start(builder(itemTarget()).firstStart(FirstOffset.NEWEST)));
    assertEquals("[2, between, 1.00, n]", items());
  }

  @Test
  void an_unmapped_entity_stops_the_applier_after_what_came_before() throws Exception {
    Events others = events("other");
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    others.send(others.created(1, "x", 1));
    Applier applier = start(itemTarget());
    await(() -> applier.status().state() == ApplierState.FAILED);
    assertTrue(
        applier.status().lastError().orElse("").contains("'other'"),
        () -> applier.status().toString());
    assertEquals("[1, a, 1.00, n]", items());
  }

  @Test
  void a_truncation_empties_the_table_and_what_comes_later_stays() throws Exception {
    ChangeEvent before = items.created(1, "name", "a", "amount", 1, "note", "n");
    items.send(before);
    items.send(items.event(ChangeType.TRUNCATED, 0).key(Row.empty()).id("").build());
    items.send(items.created(2, "name", "b", "amount", 1, "note", "n"), before);
    caughtUp(start(itemTarget()));
    assertEquals("[2, b, 1.00, n]", items());
  }

  @Test
  void a_truncation_takes_away_what_another_instance_was_applying() throws Exception {
    ChangeEvent older = items.created(1, "name", "a", "amount", 1, "note", "n");
    ChangeEvent emptied = items.event(ChangeType.TRUNCATED, 0).key(Row.empty()).id("").build();
    try (TwoInstances instances = new TwoInstances(itemTarget())) {
      instances.emptyBeside(older, emptied);
    }
    assertEquals("", items());
  }

  @Test
  void a_changed_key_moves_the_row() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Row moved = Events.row("id", 2, "name", "a", "amount", 1, "note", "n");
    items.send(items.event(ChangeType.DELETED, 1).previousKey(Events.row("id", 2)).build());
    items.send(
        items
            .event(ChangeType.CREATED, 2)
            .previousKey(Events.row("id", 1))
            .newValue(moved)
            .build());
    caughtUp(start(itemTarget()));
    assertEquals("[2, a, 1.00, n]", items());
  }

  @Test
  void a_cut_connection_is_made_anew_and_nothing_is_lost() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    cutConnections();
    items.send(items.created(2, "name", "b", "amount", 1, "note", "n"));
    await(() -> items().equals("[1, a, 1.00, n][2, b, 1.00, n]"));
    caughtUp(applier);
    await(() -> applier.status().healthy());
  }

  /** Ends all connections of the target that {@link TargetHarness#itemTarget()} made. */
  protected abstract void cutConnections();

  @Test
  void a_handler_is_called_in_order_and_its_refusals_hold_the_key() throws Exception {
    List<String> handled = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean refusing = new AtomicBoolean(true);
    Target target =
        harness.handling(
            "item",
            event -> {
              if (event.id().equals("1") && refusing.get()) {
                throw new IllegalStateException("not yet");
              }
              handled.add(event.type() + " " + event.id());
            });
    ChangeEvent second = items.created(2, "name", "b");
    items.send(items.created(1, "name", "a"), second, items.updated(1, "name", "b"), second);
    items.send(items.event(ChangeType.MESSAGE, 3).build());
    Applier applier = start(target);
    caughtUp(applier);
    assertEquals(List.of("CREATED 2", "MESSAGE 3"), handled);
    assertEquals(2, applier.status().held());
    refusing.set(false);
    await(() -> applier.status().held() == 0);
    assertEquals(List.of("CREATED 2", "MESSAGE 3", "CREATED 1", "UPDATED 1"), handled);
  }

  /** Waits until something is so. */
  protected static final void await(java.util.concurrent.Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.call()) {
      assertTrue(System.nanoTime() < deadline, "waited " + LIMIT + " in vain");
      Thread.sleep(5);
    }
  }

  @Test
  void a_record_that_cannot_be_read_holds_its_routing_key_alone_until_it_is_discarded()
      throws Exception {
    ChangeEvent first = items.created(1, "name", "first", "amount", 1, "note", "n");
    items.send(first).sendBytes(first.routingKey(), new byte[] {-1, 7});
    items.send(
        items.updated(1, "name", "later", "amount", 1, "note", "n"),
        items.created(2, "name", "other", "amount", 2, "note", "n"));
    start(builder(itemTarget()).onUnreadable(Unreadable.HOLD)).awaitCaughtUp(LIMIT);
    appliers.forEach(Applier::close);

    Applier again = start(builder(itemTarget()).onUnreadable(Unreadable.HOLD));
    items.send(items.updated(1, "name", "last", "amount", 1, "note", "n"));
    assertEquals(3, caughtUp(again).held());
    assertEquals("[1, first, 1.00, n][2, other, 2.00, n]", items());
    List<HeldKey> held = again.held();
    assertEquals(1, held.size(), held::toString);
    assertTrue(held.get(0).key().entity().equals("millrace.unreadable"), held::toString);
    assertTrue(held.get(0).error().contains("Cannot decode 2 bytes"), held::toString);
    assertFalse(again.replay(held.get(0).key()));
    assertTrue(again.discard(held.get(0).key()));
    assertEquals("[1, last, 1.00, n][2, other, 2.00, n]", items());
    assertEquals(0, again.status().held());
  }

  @Test
  void what_waits_behind_an_unreadable_record_goes_in_order_once_a_release_can_read_it()
      throws Exception {
    AtomicBoolean newer = new AtomicBoolean();
    items.send(
        items.created(1, "name", "secret", "amount", 1, "note", "n"),
        items.updated(1, "name", "later", "amount", 1, "note", "n"),
        items.updated(1, "name", "far too long for the column", "amount", 1, "note", "n"),
        items.created(2, "name", "other", "amount", 2, "note", "n"));
    Applier applier =
        start(
            builder(itemTarget())
                .onUnreadable(Unreadable.HOLD)
                .codec(new NewerCodec(newer, "secret")));
    assertEquals(3, caughtUp(applier).held());
    assertEquals("[2, other, 2.00, n]", items());
    newer.set(true);
    await(() -> applier.status().held() == 1);
    // What the target refuses waits under its own key, as always.
    assertEquals("[1, later, 1.00, n][2, other, 2.00, n]", items());
    assertEquals(EntityKey.of("item", "1"), applier.held().get(0).key());
    harness.widenNames();
    await(() -> applier.status().held() == 0);
  }

  /** Reads events with a certain name only after an upgrade. */
  private record NewerCodec(AtomicBoolean newer, String name) implements EventCodec {
    @Override
    public String contentType() {
      return ProtobufCodec.instance().contentType();
    }

    @Override
    public Encoded encode(ChangeEvent event) {
      return ProtobufCodec.instance().encode(event);
    }

    @Override
    public ChangeEvent decode(Encoded encoded) {
      ChangeEvent event = ProtobufCodec.instance().decode(encoded);
      Row row = event.newValue();
      if (!newer.get() && row != null && Value.of(name).equals(row.get("name"))) {
        throw new EventException("This release does not read '%s'.".formatted(name));
      }
      return event;
    }
  }
}
