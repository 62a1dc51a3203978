package io.millrace.cdc.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.transport.PublishCallback;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class AckLedgerTest {
  private final AckLedger ledger = new AckLedger();

  @Test
  void the_position_waits_for_the_oldest_event() {
    PublishCallback first = batch(1, position(1)).get(0);
    PublishCallback second = batch(1, position(2)).get(0);
    second.acknowledged();
    assertThat(ledger.advance()).isNull();
    first.acknowledged();
    assertThat(ledger.advance()).isEqualTo(position(2));
    assertThat(ledger.advance()).isNull();
  }

  @Test
  void an_unsealed_batch_is_not_done_even_when_all_its_events_are_acknowledged() {
    AckLedger.Batch batch = ledger.open();
    batch.expect(ScriptedLog.event(1), 10).acknowledged();
    assertThat(ledger.eventsInFlight()).isZero();
    assertThat(ledger.advance()).isNull();
    batch.seal(position(1));
    assertThat(ledger.advance()).isEqualTo(position(1));
  }

  @Test
  void a_batch_within_a_transaction_moves_nothing() {
    batch(1, null).get(0).acknowledged();
    assertThat(ledger.advance()).isNull();
    batch(1, position(2)).get(0).acknowledged();
    assertThat(ledger.advance()).isEqualTo(position(2));
  }

  @Test
  void an_idle_position_waits_for_the_events_before_it() {
    PublishCallback pending = batch(1, position(1)).get(0);
    for (int i = 2; i < 1_000; i++) {
      batch(0, position(i));
    }
    assertThat(ledger.advance()).isNull();
    pending.acknowledged();
    assertThat(ledger.advance()).isEqualTo(position(999));
  }

  @Test
  void a_failed_event_stops_the_position_for_ever_and_is_named() {
    List<PublishCallback> callbacks = batch(2, position(1));
    callbacks.get(0).failed(new TransportException("too large"));
    callbacks.get(0).acknowledged();
    callbacks.get(1).acknowledged();
    batch(1, position(2)).get(0).acknowledged();
    assertThat(ledger.advance()).isNull();
    assertThat(ledger.failure()).isNotNull();
    assertThat(ledger.failure().event()).contains("item/");
  }

  @Test
  void an_event_that_the_transport_did_not_take_is_not_in_flight_and_never_passed() {
    AckLedger.Batch batch = ledger.open();
    batch.expect(ScriptedLog.event(1), 10).withdraw();
    batch.seal(position(1));
    assertThat(ledger.eventsInFlight()).isZero();
    assertThat(ledger.bytesInFlight()).isZero();
    assertThat(ledger.advance()).isNull();
  }

  @Test
  void an_event_acknowledged_twice_counts_once() {
    List<PublishCallback> callbacks = batch(2, position(1));
    callbacks.get(0).acknowledged();
    callbacks.get(0).acknowledged();
    assertThat(ledger.advance()).isNull();
    assertThat(ledger.eventsInFlight()).isEqualTo(1);
    assertThat(ledger.bytesInFlight()).isEqualTo(10);
  }

  /** Against the obvious: a list of all events with a flag each. */
  @Property(tries = 300)
  void the_position_never_passes_an_event_that_is_not_acknowledged(@ForAll long seed) {
    Random random = new Random(seed);
    AckLedger tested = new AckLedger();
    List<Boolean> acknowledged = new ArrayList<>();
    List<Runnable> pending = new ArrayList<>();
    int reached = 0;
    for (int step = 0; step < 200; step++) {
      if (random.nextInt(3) > 0) {
        AckLedger.Batch batch = tested.open();
        for (int i = random.nextInt(4); i > 0; i--) {
          int index = acknowledged.size();
          acknowledged.add(false);
          PublishCallback callback = batch.expect(ScriptedLog.event(index), 1);
          pending.add(
              () -> {
                acknowledged.set(index, true);
                callback.acknowledged();
              });
        }
        if (random.nextInt(10) == 0) {
          acknowledgeSome(random, pending);
        }
        batch.seal(random.nextInt(4) == 0 ? null : position(acknowledged.size()));
      }
      acknowledgeSome(random, pending);
      reached = check(tested, acknowledged, reached);
    }
    Collections.shuffle(pending, random);
    pending.forEach(Runnable::run);
    tested.open().seal(position(acknowledged.size() + 1));
    assertThat(tested.advance()).isEqualTo(position(acknowledged.size() + 1));
    assertThat(tested.eventsInFlight()).isZero();
    assertThat(tested.bytesInFlight()).isZero();
  }

  @Test
  void acknowledgements_of_many_threads_are_all_counted() throws Exception {
    int threads = 4;
    int each = 20_000;
    CountDownLatch done = new CountDownLatch(threads);
    List<List<PublishCallback>> shares = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      shares.add(new ArrayList<>());
    }
    for (int i = 0; i < each; i++) {
      List<PublishCallback> callbacks = batch(threads, position(i));
      for (int t = 0; t < threads; t++) {
        shares.get(t).add(callbacks.get(t));
      }
    }
    for (List<PublishCallback> share : shares) {
      new Thread(
              () -> {
                share.forEach(PublishCallback::acknowledged);
                done.countDown();
              },
              "acknowledges")
          .start();
    }
    Position last = null;
    while (!position(each - 1).equals(last)) {
      long seen = ledger.acknowledged();
      Position next = ledger.advance();
      last = next == null ? last : next;
      ledger.await(seen, 1_000_000);
    }
    done.await();
    assertThat(ledger.eventsInFlight()).isZero();
  }

  private static void acknowledgeSome(Random random, List<Runnable> pending) {
    for (int i = random.nextInt(4); i > 0 && !pending.isEmpty(); i--) {
      pending.remove(random.nextInt(pending.size())).run();
    }
  }

  private static int check(AckLedger tested, List<Boolean> acknowledged, int before) {
    Position position = tested.advance();
    if (position == null) {
      return before;
    }
    int reached = Integer.parseInt(position.text());
    assertThat(reached).isGreaterThanOrEqualTo(before);
    assertThat(acknowledged.subList(0, reached)).doesNotContain(false);
    return reached;
  }

  private List<PublishCallback> batch(int events, Position position) {
    AckLedger.Batch batch = ledger.open();
    List<PublishCallback> callbacks = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      callbacks.add(batch.expect(ScriptedLog.event(i), 10));
    }
    batch.seal(position);
    return callbacks;
  }

  private static Position position(int index) {
    return new Position("test", 1, Integer.toString(index));
  }
}
