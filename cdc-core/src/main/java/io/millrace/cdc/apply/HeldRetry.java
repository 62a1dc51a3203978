package io.millrace.cdc.apply;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tries waiting events again, one key and one transaction at a time, in order; then keys that wait
 * for each other's unique values together. Used by the applier's thread.
 */
final class HeldRetry {
  private static final int KEYS_PER_PASS = 200;

  private final ApplierConfig config;
  private final BatchApplier batches;

  HeldRetry(ApplierConfig config, BatchApplier batches) {
    this.config = config;
    this.batches = batches;
  }

  /** Tries every key that is not parked and whose partition this instance owns. */
  List<BatchResult> pass(TargetSession session, Channel channel, Map<Integer, Long> owned) {
    List<BatchResult> results = new ArrayList<>();
    List<HeldKey> clashing = new ArrayList<>();
    for (HeldKey held : session.retryableKeys(KEYS_PER_PASS)) {
      Long next = owned.get(held.partition());
      if (next != null) {
        BatchResult result = one(session, channel, held, next);
        results.add(result);
        if (result.clash) {
          clashing.add(held);
        }
      }
    }
    BatchResult exchanged = exchange(session, channel, clashing, owned);
    if (exchanged != null) {
      results.add(exchanged);
    }
    return results;
  }

  /** Tries one key, parked or not. */
  BatchResult one(TargetSession session, Channel channel, HeldKey held, long next) {
    return Restarts.run(() -> once(session, channel, held, next));
  }

  private BatchResult once(TargetSession session, Channel channel, HeldKey held, long next) {
    BatchResult result = new BatchResult();
    try (TargetTransaction transaction = session.begin()) {
      // Moves nothing, but locks: only the partition's owner may try its keys.
      transaction.advance(channel, List.of(new OffsetStep(held.partition(), next, next)));
      List<HeldEvent> all = transaction.heldEvents(held.key());
      if (UnreadableRecords.is(held.key())) {
        untilUnreadable(session, transaction, all, result);
        transaction.commit();
        return result;
      }
      List<Item> items = items(held.key(), all);
      LedgerView ledger = BatchApplier.ledger(transaction, keys(session, items));
      // What waits may go through as a whole where its first event alone cannot: a line that was
      // created and deleted again after its order went.
      if (items.size() > 1
          && together(session, items)
          && batches.attempt(session, transaction, items, ledger, result)) {
        transaction.release(held.key(), Long.MAX_VALUE);
      } else {
        HeldMoves.Alone alone =
            held.parked()
                ? HeldMoves.Alone.YES
                : channel.partitions() == 1 ? HeldMoves.Alone.IN_ORDER : HeldMoves.Alone.NO;
        HeldMoves moves = new HeldMoves(config, batches, session, transaction, alone);
        inOrder(session, transaction, moves, all, items, ledger, result);
      }
      transaction.commit();
    }
    return result;
  }

  /** Whether these can be applied with one write per table, none of them being a key change. */
  private boolean together(TargetSession session, List<Item> items) {
    return batches.together(items)
        && items.stream().noneMatch(item -> Admission.isHalf(config, session, item));
  }

  /** Until the first that is refused, or waits for another key. */
  private void inOrder(
      TargetSession session,
      TargetTransaction transaction,
      HeldMoves moves,
      List<HeldEvent> all,
      List<Item> items,
      LedgerView ledger,
      BatchResult result) {
    long done = -1;
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      if (ledger.stale(item.key(), item.event())) {
        result.duplicates++;
      } else if (moves.concerns(item, ledger)) {
        if (done >= 0) {
          transaction.release(item.waits(), done);
        }
        done = -1;
        if (!moves.run(item, all.get(i), ledger, result)) {
          break;
        }
        continue;
      } else {
        Object savepoint = transaction.savepoint();
        try {
          batches.applyOne(session, transaction, List.of(item), ledger, result);
          transaction.releaseSavepoint(savepoint);
        } catch (RejectedException e) {
          transaction.rollbackTo(savepoint);
          result.clash = e.unique();
          refused(config, transaction, all.get(i), e.getMessage());
          break;
        }
      }
      done = item.delivery().offset();
    }
    if (done >= 0) {
      transaction.release(items.get(0).waits(), done);
    }
  }

  /** What waits behind a record that could not be read, until one that cannot be read now. */
  private void untilUnreadable(
      TargetSession session,
      TargetTransaction transaction,
      List<HeldEvent> all,
      BatchResult result) {
    for (HeldEvent waiting : all) {
      ChangeEvent event;
      try {
        event = decode(config.codec(), waiting.delivery());
        if (config.target().mode(event.entity()) == null
            && !Heartbeat.is(event)
            && config.unmapped() == Unmapped.STOP) {
          throw new EventException(
              "Entity '%s' is not mapped: map it, or ignore it.".formatted(event.entity()));
        }
      } catch (EventException e) {
        refused(config, transaction, waiting, e.getMessage());
        return;
      }
      release(session, transaction, waiting, event, result);
      transaction.release(waiting.key(), waiting.delivery().offset());
    }
  }

  /** Applies an event that nothing unreadable stands before any more, or holds its own key. */
  private void release(
      TargetSession session,
      TargetTransaction transaction,
      HeldEvent waiting,
      ChangeEvent event,
      BatchResult result) {
    EntityMode mode = config.target().mode(event.entity());
    if (Heartbeat.is(event)
        || mode == null
        || mode == EntityMode.IGNORED
        || (event.type() == ChangeType.MESSAGE && mode != EntityMode.HANDLER)) {
      result.ignored++;
      return;
    }
    EntityKey own = Expansion.waitsBehind(session.nestings(), event, EntityKey.of(event));
    Item item = new Item(waiting.delivery(), event, own);
    LedgerView ledger = BatchApplier.ledger(transaction, keys(session, List.of(item)));
    if (ledger.stale(item.key(), event)) {
      result.duplicates++;
    } else if (transaction.held(Set.of(own)).contains(own)) {
      hold(transaction, own, waiting, Admission.BEHIND, 0);
    } else if (Admission.isHalf(config, session, item)
        && !Moves.otherIsDone(item.event(), ledger)) {
      hold(transaction, own, waiting, Admission.waitsFor(item), 0);
    } else {
      Object savepoint = transaction.savepoint();
      try {
        batches.applyOne(session, transaction, List.of(item), ledger, result);
        transaction.releaseSavepoint(savepoint);
      } catch (RejectedException e) {
        transaction.rollbackTo(savepoint);
        hold(transaction, own, waiting, String.valueOf(e.getMessage()), 1);
      }
    }
  }

  private static void hold(
      TargetTransaction transaction, EntityKey key, HeldEvent waiting, String error, int attempts) {
    transaction.hold(
        List.of(
            new HeldEvent(
                key, waiting.delivery(), error, attempts, waiting.heldSinceMillis(), false)));
  }

  /** Notes that an event waits on, and parks its key after the limit. */
  static void refused(
      ApplierConfig config,
      TargetTransaction transaction,
      HeldEvent waiting,
      @Nullable String error) {
    boolean park =
        config.clock().millis() - waiting.heldSinceMillis() >= config.rejection().park().toMillis();
    transaction.retried(waiting.key(), String.valueOf(error), waiting.attempts() + 1, park);
  }

  /**
   * Tries keys together that wait for each other's unique values, all their events in one
   * transaction; those that wait for something else are left out.
   *
   * @return what was done; null where nothing could be
   */
  @Nullable BatchResult exchange(
      TargetSession session, Channel channel, List<HeldKey> held, Map<Integer, Long> owned) {
    List<HeldKey> group = new ArrayList<>();
    for (HeldKey key : held) {
      if (group.size() < KEYS_PER_PASS
          && owned.containsKey(key.partition())
          && config.target().mode(key.key().entity()) == EntityMode.MIRROR) {
        group.add(key);
      }
    }
    while (group.size() > 1) {
      Set<HeldKey> others = new HashSet<>();
      Optional<BatchResult> result =
          Restarts.run(() -> together(session, channel, group, owned, others));
      if (result.isPresent()) {
        return result.get();
      }
      if (others.isEmpty()) {
        return null;
      }
      group.removeAll(others);
    }
    return null;
  }

  /** All of them or none; says which were refused. */
  private Optional<BatchResult> together(
      TargetSession session,
      Channel channel,
      List<HeldKey> group,
      Map<Integer, Long> owned,
      Set<HeldKey> refused) {
    refused.clear();
    BatchResult result = new BatchResult();
    try (TargetTransaction transaction = session.begin()) {
      transaction.advance(channel, locks(group, owned));
      Map<HeldKey, List<Item>> waiting = new LinkedHashMap<>();
      List<Item> all = new ArrayList<>();
      for (HeldKey key : group) {
        List<Item> items = items(key.key(), transaction.heldEvents(key.key()));
        if (!together(session, items)) {
          refused.add(key);
        }
        waiting.put(key, items);
        all.addAll(items);
      }
      if (!refused.isEmpty()) {
        return Optional.empty();
      }
      LedgerView ledger = BatchApplier.ledger(transaction, keys(session, all));
      batches.vacate(session, transaction, all, ledger);
      waiting.forEach(
          (key, items) -> {
            if (!batches.attempt(session, transaction, items, ledger, result)) {
              refused.add(key);
            }
          });
      if (!refused.isEmpty()) {
        return Optional.empty();
      }
      group.forEach(key -> transaction.release(key.key(), Long.MAX_VALUE));
      transaction.commit();
      return Optional.of(result);
    } catch (RejectedException e) {
      return Optional.empty(); // what is given up for a moment cannot be
    }
  }

  /** Nothing moves, but only the owner of these partitions may go on. */
  private static List<OffsetStep> locks(List<HeldKey> group, Map<Integer, Long> owned) {
    Set<Integer> partitions = new TreeSet<>();
    group.forEach(key -> partitions.add(key.partition()));
    List<OffsetStep> steps = new ArrayList<>();
    for (Integer partition : partitions) {
      Long next = Objects.requireNonNull(owned.get(partition));
      steps.add(new OffsetStep(partition, next, next));
    }
    return steps;
  }

  private Set<EntityKey> keys(TargetSession session, List<Item> items) {
    Set<EntityKey> keys = new LinkedHashSet<>();
    for (Item item : items) {
      keys.add(item.key());
      if (Admission.isHalf(config, session, item)) {
        keys.add(Moves.other(item.event()));
      }
    }
    return keys;
  }

  private List<Item> items(EntityKey key, List<HeldEvent> events) {
    List<Item> items = new ArrayList<>(events.size());
    for (HeldEvent waiting : events) {
      items.add(new Item(waiting.delivery(), decode(config.codec(), waiting.delivery()), key));
    }
    return items;
  }

  /** Drops all waiting events of a key; of one of records that cannot be read the first. */
  void discard(TargetSession session, Channel channel, HeldKey held, long next) {
    Restarts.run(
        () -> {
          try (TargetTransaction transaction = session.begin()) {
            transaction.advance(channel, List.of(new OffsetStep(held.partition(), next, next)));
            transaction.release(
                held.key(), UnreadableRecords.is(held.key()) ? held.firstOffset() : Long.MAX_VALUE);
            transaction.commit();
          }
          return held;
        });
  }

  static ChangeEvent decode(EventCodec codec, Delivery delivery) {
    return codec.decode(delivery.event());
  }
}
