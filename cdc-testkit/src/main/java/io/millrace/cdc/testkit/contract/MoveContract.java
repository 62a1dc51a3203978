package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierBuilder;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.contract.MoveHarness.Child;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every target must do when the key of a row changes: it stays the same row, with what only
 * the target knows of it.
 */
public abstract class MoveContract {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int RUNS = Integer.getInteger("millrace.moves.runs", 3);
  private static final int CHANGES = Integer.getInteger("millrace.moves.changes", 60);

  private final List<AutoCloseable> open = new ArrayList<>();
  private MoveHarness harness;

  /** A harness with an empty database. */
  protected abstract MoveHarness harness();

  @BeforeEach
  final void create() {
    harness = harness();
    harness.create();
  }

  @AfterEach
  final void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  private Channel channel(int partitions) {
    InProcessTransport transport =
        InProcessTransport.builder().name("shop").partitions(partitions).build();
    Publisher publisher = transport.publisher();
    open.add(publisher);
    return new Channel(transport, publisher);
  }

  private record Channel(InProcessTransport transport, Publisher publisher) {
    Events things() {
      return new Events(publisher, "thing");
    }
  }

  private ApplierBuilder builder(Channel channel) {
    return Applier.builder("test-in")
        .service("shop")
        .from(channel.transport.subscriber("shop"))
        .to(harness.target())
        .maxWait(Duration.ofMillis(5))
        .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(20)));
  }

  private Applier start(ApplierBuilder builder) {
    Applier applier = builder.build();
    open.add(applier);
    applier.start();
    return applier;
  }

  private String things() {
    return harness.things().toString();
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) throws Exception {
    TargetContract.await(condition);
  }

  private static void caughtUp(Applier applier) throws InterruptedException {
    assertTrue(applier.awaitCaughtUp(LIMIT), () -> "not caught up: " + applier.status());
  }

  /** Row 1 with rows that refer to it, and columns that only the target has. */
  private Applier withChildren(Channel channel, Events things) throws Exception {
    things.send(things.created(1, "value", 1));
    Applier applier = start(builder(channel));
    caughtUp(applier);
    harness.setOwn(1, "mine");
    harness.putChild(Child.FOLLOWER, 10, 1, "f");
    harness.putChild(Child.STAYER, 20, 1, "s");
    harness.putChild(Child.STAYER, 21, 1, "t");
    return applier;
  }

  private String children() {
    return harness.children(Child.FOLLOWER) + " " + harness.children(Child.STAYER);
  }

  @Test
  void a_row_and_what_refers_to_it_move_with_the_deleted_where_it_comes_first() throws Exception {
    oneByOne(true);
  }

  @Test
  void a_row_and_what_refers_to_it_move_with_the_created_where_it_comes_first() throws Exception {
    oneByOne(false);
  }

  /** A row with others that refer to it gets another key by one event and then the other. */
  protected final void oneByOne(boolean leftFirst) throws Exception {
    Channel channel = channel(1);
    Events things = channel.things();
    Applier applier = withChildren(channel, things);
    List<ChangeEvent> move = things.moved(1, 2, "value", 5);
    things.send(move.get(leftFirst ? 0 : 1));
    caughtUp(applier);
    assertEquals(leftFirst ? "[[2, 1, mine]]" : "[[2, 5, mine]]", things());
    assertEquals("[[10, 2, f]] [[20, 2, s], [21, 2, t]]", children());
    things.send(move.get(leftFirst ? 1 : 0)).send(move.get(0), move.get(1));
    caughtUp(applier);
    assertEquals("[[2, 5, mine]]", things());
    assertEquals("[[10, 2, f]] [[20, 2, s], [21, 2, t]]", children());
    assertEquals(0, applier.status().held());
  }

  @Test
  void a_deleted_waits_for_its_created_in_another_partition() throws Exception {
    apart(true);
  }

  @Test
  void a_created_waits_for_its_deleted_in_another_partition() throws Exception {
    apart(false);
  }

  private void apart(boolean leftFirst) throws Exception {
    Channel channel = channel(4);
    Events things = channel.things();
    Applier applier = withChildren(channel, things);
    List<ChangeEvent> move = things.moved(1, 2, "value", 5);
    ChangeEvent later = things.updated(2, "value", 6);
    things.send(move.get(leftFirst ? 0 : 1));
    if (!leftFirst) {
      things.send(later);
    }
    caughtUp(applier);
    assertEquals(leftFirst ? 1 : 2, applier.status().held());
    assertEquals("[[1, 1, mine]]", things());
    applier.close();
    Applier again = start(builder(channel));
    things.send(move.get(leftFirst ? 1 : 0));
    if (leftFirst) {
      things.send(later);
    }
    await(() -> things().equals("[[2, 6, mine]]") && again.status().held() == 0);
    assertEquals("[[10, 2, f]] [[20, 2, s], [21, 2, t]]", children());
    things.send(move.get(1), move.get(0));
    caughtUp(again);
    assertEquals("[[2, 6, mine]]", things());
    assertEquals(0, again.status().held());
  }

  @Test
  void a_chain_and_an_exchange_of_keys_keep_every_row_in_one_batch_and_over_several()
      throws Exception {
    Channel channel = channel(1);
    Events things = channel.things();
    things.send(things.created(1, "value", 1), things.created(2, "value", 2));
    Applier applier = start(builder(channel));
    caughtUp(applier);
    harness.setOwn(1, "own1");
    harness.setOwn(2, "own2");
    applier.close();
    send(things, things.moved(1, 9, "value", 1));
    send(things, things.moved(2, 1, "value", 2));
    send(things, things.moved(9, 2, "value", 3));
    Applier together = start(builder(channel));
    caughtUp(together);
    assertEquals("[[1, 2, own2], [2, 3, own1]]", things());
    together.close();
    send(things, things.moved(1, 9, "value", 2));
    send(things, things.moved(2, 1, "value", 4));
    send(things, things.moved(9, 2, "value", 5));
    send(things, things.moved(2, 3, "value", 6));
    things.send(things.created(2, "value", 7));
    caughtUp(start(builder(channel).batchSize(1)));
    assertEquals("[[1, 4, own1], [2, 7, null], [3, 6, own2]]", things());
  }

  private static void send(Events things, List<ChangeEvent> move) throws InterruptedException {
    things.send(move.get(0), move.get(1));
  }

  @Test
  void a_row_moves_onto_one_that_nobody_knows_of_and_one_that_is_missing_is_made()
      throws Exception {
    Channel channel = channel(4);
    Events things = channel.things();
    harness.put(1, 1, "moves");
    harness.put(2, 2, "stray");
    harness.putChild(Child.FOLLOWER, 10, 1, "f");
    send(things, things.moved(1, 2, "value", 3));
    send(things, things.moved(5, 6, "value", 7));
    Applier applier = start(builder(channel));
    caughtUp(applier);
    await(() -> applier.status().held() == 0);
    assertEquals("[[2, 3, moves], [6, 7, null]]", things());
    assertEquals("[[10, 2, f]] []", children());
  }

  @Test
  void a_key_change_waits_behind_what_waits_for_either_key() throws Exception {
    behind(channel(1));
  }

  @Test
  void a_key_change_in_two_partitions_waits_behind_what_waits_for_either_key() throws Exception {
    behind(channel(4));
  }

  private void behind(Channel channel) throws Exception {
    Events things = channel.things();
    things.send(things.created(1, "value", 1));
    Applier applier = start(builder(channel));
    caughtUp(applier);
    harness.setOwn(1, "mine");
    long tooLarge = 1L << 40;
    // Of the old key, and of the new one, where a row comes and goes before.
    things.send(things.updated(1, "value", tooLarge));
    things.send(things.created(3, "value", tooLarge), things.updated(3, "value", 8));
    things.send(things.updated(3, "value", tooLarge), things.deleted(3));
    send(things, things.moved(1, 3, "value", 4));
    things.send(things.updated(3, "value", 6), things.created(1, "value", 9));
    caughtUp(applier);
    assertEquals("[[1, 1, mine]]", things());
    assertEquals(1, applier.held().stream().filter(k -> k.key().id().equals("1")).count());
    await(() -> applier.held().stream().allMatch(key -> key.attempts() > 1));
    assertEquals("[[1, 1, mine]]", things());
    applier.close();
    harness.widenValue();
    Applier again = start(builder(channel));
    await(() -> things().equals("[[1, 9, null], [3, 6, mine]]"));
    await(() -> again.status().held() == 0);
  }

  @Test
  void stale_events_of_either_key_stay_stale() throws Exception {
    Channel channel = channel(1);
    Events things = channel.things();
    ChangeEvent created = things.created(1, "value", 1);
    ChangeEvent updated = things.updated(1, "value", 2);
    List<ChangeEvent> move = things.moved(1, 2, "value", 3);
    ChangeEvent later = things.updated(2, "value", 4);
    ChangeEvent anew = things.created(1, "value", 5);
    things.send(created, updated, move.get(0), move.get(1), later, anew);
    Applier applier = start(builder(channel));
    caughtUp(applier);
    things.send(created, updated, move.get(1), move.get(0), later, anew);
    caughtUp(applier);
    assertEquals("[[1, 5, null], [2, 4, null]]", things());
    assertEquals(6, applier.status().duplicates());
    assertEquals("[[1, 1], [2, 1]]", harness.ledger().toString());
    things.send(things.deleted(1));
    send(things, things.moved(2, 7, "value", 4));
    caughtUp(applier);
    assertEquals("[[1, 2], [2, 2], [7, 1]]", harness.ledger().toString());
  }

  @Test
  void what_waits_for_an_event_that_never_comes_is_parked_and_can_be_replayed() throws Exception {
    Channel channel = channel(4);
    Events things = channel.things();
    things.send(things.created(1, "value", 1));
    Applier applier =
        start(
            builder(channel)
                .onRejected(
                    Rejection.hold()
                        .parkAfter(Duration.ofMillis(1))
                        .retryEvery(Duration.ofMillis(20))));
    caughtUp(applier);
    harness.setOwn(1, "mine");
    things.send(things.moved(1, 2, "value", 3).get(1));
    await(() -> applier.status().parkedKeys() == 1);
    assertTrue(applier.held().get(0).error().contains("thing/1"), () -> "" + applier.held());
    assertTrue(applier.replay(applier.held().get(0).key()));
    assertEquals("[[2, 3, mine]]", things());
    await(() -> applier.status().healthy());
  }

  @Test
  void what_a_source_does_at_random_leaves_every_row_what_is_its_own() throws Exception {
    random(1);
  }

  @Test
  void what_comes_through_several_partitions_leaves_every_row_what_is_its_own() throws Exception {
    random(4);
  }

  private void random(int partitions) throws Exception {
    for (int run = 0; run < RUNS; run++) {
      long seed = Long.getLong("millrace.seed", System.nanoTime());
      try {
        random(new Random(seed), partitions);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "with %s partitions and -Dmillrace.seed=%s".formatted(partitions, seed), e);
      }
    }
  }

  private void random(Random random, int partitions) throws Exception {
    if (open.size() > 1) {
      harness.clear();
    }
    Channel channel = channel(partitions);
    RandomMoves source = new RandomMoves(random, channel.publisher, partitions == 1);
    source.sendRest();
    List<Applier> appliers = new ArrayList<>();
    appliers.add(start(builder(channel).batchSize(1 + random.nextInt(7))));
    await(() -> harness.things().size() == RandomMoves.LASTING);
    for (int id = 1; id <= RandomMoves.LASTING; id++) {
      harness.setOwn(id, RandomMoves.own(id));
      harness.putChild(Child.FOLLOWER, id, id, "f");
      harness.putChild(Child.STAYER, id, id, "s");
    }
    if (partitions > 1 && random.nextBoolean()) {
      appliers.add(start(builder(channel).batchSize(1 + random.nextInt(7))));
    }
    for (int i = 0; i < CHANGES; i++) {
      source.change();
      for (int n = random.nextInt(4); n > 0; n--) {
        source.send();
      }
      if (random.nextInt(10) == 0) {
        Thread.sleep(random.nextInt(15));
      }
      if (random.nextInt(30) == 0) {
        appliers.remove(0).close();
        appliers.add(start(builder(channel).batchSize(1 + random.nextInt(7))));
      }
    }
    source.sendRest();
    for (Applier applier : appliers) {
      caughtUp(applier);
    }
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (harness.held() > 0) {
      assertTrue(
          System.nanoTime() < deadline,
          () ->
              "still held: " + appliers.get(0).held() + "\n" + things() + "\n" + source.history());
      Thread.sleep(5);
    }
    String wrong = source.judge(harness.things());
    assertEquals("", wrong, () -> things() + "\n" + source.history());
    for (int identity = 1; identity <= RandomMoves.LASTING; identity++) {
      for (Child child : Child.values()) {
        assertEquals(source.idOf(identity), thingOf(child, identity), child.name());
      }
    }
    appliers.forEach(Applier::close);
  }

  private long thingOf(Child child, long id) {
    return harness.children(child).stream()
        .filter(row -> ((Number) row.get(0)).longValue() == id)
        .map(row -> ((Number) row.get(1)).longValue())
        .findFirst()
        .orElseThrow();
  }
}
