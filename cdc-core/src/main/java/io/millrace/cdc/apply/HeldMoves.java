package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Applies a waiting key change as soon as both of its events are the next of their keys. The other
 * one may be of a partition that another instance owns: whoever takes both out of the target's list
 * first applies them. Used by the applier's thread, within one transaction.
 */
final class HeldMoves {
  /** Whether one event may be applied without the other. */
  enum Alone {
    /** They wait for each other. */
    NO,
    /** Where nothing waits under the other key: what came before has been applied. */
    IN_ORDER,
    /** A person says so. */
    YES
  }

  private final ApplierConfig config;
  private final BatchApplier batches;
  private final TargetSession session;
  private final TargetTransaction transaction;
  private final Alone alone;

  HeldMoves(
      ApplierConfig config,
      BatchApplier batches,
      TargetSession session,
      TargetTransaction transaction,
      Alone alone) {
    this.config = config;
    this.batches = batches;
    this.session = session;
    this.transaction = transaction;
    this.alone = alone;
  }

  /** Whether the event needs the other one of its key change. */
  boolean concerns(Item item, LedgerView ledger) {
    return Admission.isHalf(config, session, item) && !Moves.otherIsDone(item.event(), ledger);
  }

  /**
   * Applies the key change that the next event of a key is of, and takes it out of the list.
   *
   * @return whether what waits behind the event may go on
   */
  boolean run(Item item, HeldEvent waiting, LedgerView ledger, BatchResult result) {
    EntityKey other = Moves.other(item.event());
    List<HeldEvent> theirs = transaction.heldEvents(other);
    if (!theirs.isEmpty()) {
      HeldEvent next = theirs.get(0);
      ChangeEvent event = HeldRetry.decode(config.codec(), next.delivery());
      if (Moves.isPair(item.event(), event)) {
        return both(item, new Item(next.delivery(), event, other), waiting, ledger, result);
      }
    }
    if (alone == Alone.YES || (alone == Alone.IN_ORDER && theirs.isEmpty())) {
      return first(item, waiting, ledger, result);
    }
    HeldRetry.refused(config, transaction, waiting, Admission.waitsFor(item));
    return false;
  }

  private boolean first(Item item, HeldEvent waiting, LedgerView ledger, BatchResult result) {
    Object savepoint = transaction.savepoint();
    try {
      transaction.take(item.waits(), item.delivery().offset());
      batches.applyOne(session, transaction, List.of(first(item, ledger)), ledger, result);
    } catch (RejectedException e) {
      transaction.rollbackTo(savepoint);
      result.clash = e.unique();
      HeldRetry.refused(config, transaction, waiting, e.getMessage());
      return false;
    }
    transaction.releaseSavepoint(savepoint);
    return true;
  }

  private static Item first(Item item, LedgerView ledger) {
    return Moves.isOverLaterState(item.event(), ledger) ? item : Admission.first(item);
  }

  private boolean both(
      Item one, Item two, HeldEvent waiting, LedgerView ledger, BatchResult result) {
    // In the order of the keys, so that two instances do not wait for each other crosswise.
    List<Item> pair =
        one.key().id().compareTo(two.key().id()) < 0 ? List.of(one, two) : List.of(two, one);
    Object savepoint = transaction.savepoint();
    BatchResult part = new BatchResult();
    try {
      for (Item item : pair) {
        if (!transaction.take(item.waits(), item.delivery().offset())) {
          transaction.rollbackTo(savepoint);
          return false; // another instance was faster
        }
      }
      Set<EntityKey> keys = new LinkedHashSet<>();
      pair.forEach(item -> keys.add(item.key()));
      // Read only now, when nobody else can apply them.
      LedgerView fresh = BatchApplier.ledger(transaction, keys);
      Admission admission = new Admission(config, fresh, new HashSet<>(), false, part);
      admission.take(Moves.Unit.pair(one, two), true);
      if (!admission.winners().isEmpty()) {
        batches.applyOne(session, transaction, admission.winners(), fresh, part);
      }
      ledger.take(fresh);
      transaction.retried(two.waits(), Admission.BEHIND, 0, false); // parked or not: it goes on
    } catch (RejectedException e) {
      transaction.rollbackTo(savepoint);
      result.clash = e.unique();
      HeldRetry.refused(config, transaction, waiting, e.getMessage());
      return false;
    }
    transaction.releaseSavepoint(savepoint);
    result.add(part);
    return true;
  }
}
