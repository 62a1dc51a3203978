package io.millrace.cdc.apply;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tries waiting events again, one key and one transaction at a time, in order. Used by the
 * applier's thread.
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
    for (HeldKey held : session.retryableKeys(KEYS_PER_PASS)) {
      Long next = owned.get(held.partition());
      if (next != null) {
        results.add(one(session, channel, held, next));
      }
    }
    return results;
  }

  /** Tries one key, parked or not. */
  BatchResult one(TargetSession session, Channel channel, HeldKey held, long next) {
    BatchResult result = new BatchResult();
    try (TargetTransaction transaction = session.begin()) {
      // Moves nothing, but locks: only the partition's owner may try its keys.
      transaction.advance(channel, List.of(new OffsetStep(held.partition(), next, next)));
      LedgerView ledger = BatchApplier.ledger(transaction, Set.of(held.key()));
      List<HeldEvent> all = transaction.heldEvents(held.key());
      if (together(session, transaction, held.key(), all, ledger, result)) {
        transaction.release(held.key(), Long.MAX_VALUE);
        transaction.commit();
        return result;
      }
      long done = -1;
      for (HeldEvent waiting : all) {
        ChangeEvent event = decode(config.codec(), waiting.delivery());
        if (ledger.stale(held.key(), event)) {
          result.duplicates++;
        } else {
          Object savepoint = transaction.savepoint();
          try {
            batches.applyOne(
                session,
                transaction,
                new Item(waiting.delivery(), event, held.key()),
                ledger,
                result);
            transaction.releaseSavepoint(savepoint);
          } catch (RejectedException e) {
            transaction.rollbackTo(savepoint);
            boolean park =
                config.clock().millis() - waiting.heldSinceMillis()
                    >= config.rejection().park().toMillis();
            transaction.retried(
                held.key(), String.valueOf(e.getMessage()), waiting.attempts() + 1, park);
            break;
          }
        }
        done = waiting.delivery().offset();
      }
      if (done >= 0) {
        transaction.release(held.key(), done);
      }
      transaction.commit();
    }
    return result;
  }

  /**
   * What waits may go through as a whole where its first event alone cannot: a line that was
   * created and deleted again after its order went.
   */
  private boolean together(
      TargetSession session,
      TargetTransaction transaction,
      EntityKey key,
      List<HeldEvent> all,
      LedgerView ledger,
      BatchResult result) {
    List<Item> items = new ArrayList<>(all.size());
    for (HeldEvent waiting : all) {
      items.add(new Item(waiting.delivery(), decode(config.codec(), waiting.delivery()), key));
    }
    return items.size() > 1
        && batches.together(items)
        && batches.attempt(session, transaction, items, ledger, Set.of(), result);
  }

  /** Drops all waiting events of a key. */
  void discard(TargetSession session, Channel channel, HeldKey held, long next) {
    try (TargetTransaction transaction = session.begin()) {
      transaction.advance(channel, List.of(new OffsetStep(held.partition(), next, next)));
      transaction.release(held.key(), Long.MAX_VALUE);
      transaction.commit();
    }
  }

  static ChangeEvent decode(EventCodec codec, Delivery delivery) {
    return codec.decode(delivery.event());
  }
}
