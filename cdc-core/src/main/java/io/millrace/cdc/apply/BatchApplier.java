package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies one batch in one transaction: offsets first, then per table the ledger and the rows of
 * the winners.
 *
 * <p>A batch that is refused as a whole is applied in parts with savepoints, in channel order; the
 * event that is refused alone holds its key.
 */
final class BatchApplier {
  private static final Logger log = LoggerFactory.getLogger(BatchApplier.class);

  /** Why an event waits that nobody refused. */
  static final String BEHIND = "waits behind an earlier event of its key";

  private final ApplierConfig config;

  BatchApplier(ApplierConfig config) {
    this.config = config;
  }

  /**
   * Applies and commits.
   *
   * @param heartbeats noted in the same transaction
   * @param anyHeld whether the target may hold events of these partitions
   */
  BatchResult apply(
      TargetSession session,
      Channel channel,
      List<Item> items,
      List<SeenHeartbeat> heartbeats,
      List<OffsetStep> steps,
      boolean anyHeld) {
    if (together(items)) {
      try {
        return Restarts.run(
            items.size(), () -> run(session, channel, items, heartbeats, steps, anyHeld, true));
      } catch (RejectedException e) {
        log.debug(
            "{}: a batch of {} was refused, applying its parts: {}",
            config.name(),
            items.size(),
            e.getMessage());
      }
    }
    return Restarts.run(
        items.size(), () -> run(session, channel, items, heartbeats, steps, anyHeld, false));
  }

  private BatchResult run(
      TargetSession session,
      Channel channel,
      List<Item> items,
      List<SeenHeartbeat> heartbeats,
      List<OffsetStep> steps,
      boolean anyHeld,
      boolean together) {
    BatchResult result = new BatchResult();
    try (TargetTransaction transaction = session.begin()) {
      transaction.advance(channel, steps);
      transaction.heard(channel, heartbeats);
      Set<EntityKey> keys = new LinkedHashSet<>();
      Set<EntityKey> waits = new LinkedHashSet<>();
      for (Item item : items) {
        keys.add(item.key());
        waits.add(item.waits());
        if (anyHeld) {
          waits.add(UnreadableRecords.ahead(item.delivery()));
        }
      }
      LedgerView ledger = ledger(transaction, keys);
      Set<EntityKey> held = anyHeld ? new HashSet<>(transaction.held(waits)) : new HashSet<>();
      if (together) {
        admitAndWrite(session, transaction, items, ledger, held, result);
      } else {
        parts(session, transaction, items, ledger, held, result);
      }
      transaction.commit();
    }
    return result;
  }

  /** What was refused as a whole, by halves: a few bad events do not make all the others slow. */
  private void parts(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> items,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    if (items.size() == 1 || !together(items)) {
      items.forEach(item -> single(session, transaction, item, ledger, held, result));
      return;
    }
    int middle = items.size() / 2;
    for (List<Item> half : List.of(items.subList(0, middle), items.subList(middle, items.size()))) {
      if (!attempt(session, transaction, half, ledger, held, result)) {
        parts(session, transaction, half, ledger, held, result);
      }
    }
  }

  /**
   * Applies these events with one write per table; false where that is refused, and then nothing
   * has happened.
   *
   * @param held keys whose events wait; not changed
   */
  boolean attempt(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> items,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    LedgerView trial = ledger.copy();
    BatchResult part = new BatchResult();
    Object savepoint = transaction.savepoint();
    try {
      admitAndWrite(session, transaction, items, trial, held, part);
    } catch (RejectedException e) {
      transaction.rollbackTo(savepoint);
      return false;
    }
    transaction.releaseSavepoint(savepoint);
    ledger.take(trial);
    result.add(part);
    return true;
  }

  private void admitAndWrite(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> items,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    List<Item> winners = new ArrayList<>();
    List<HeldEvent> waiting = new ArrayList<>();
    for (Item item : items) {
      if (admit(item, ledger, held, waiting, result)) {
        winners.add(item);
        ledger.note(LedgerView.entry(item.key(), item.event()));
      }
    }
    hold(transaction, waiting);
    write(session, transaction, winners, ledger, result);
  }

  /**
   * Takes away the unique values of the rows that these events are about to write; of entities in
   * mirror mode, where an event says all that there is to restore.
   */
  void vacate(
      TargetSession session, TargetTransaction transaction, List<Item> items, LedgerView ledger) {
    Map<String, List<Item>> byEntity = new LinkedHashMap<>();
    for (Item item : items) {
      if (!ledger.stale(item.key(), item.event())) {
        byEntity.computeIfAbsent(item.event().entity(), e -> new ArrayList<>()).add(item);
      }
    }
    byEntity.forEach(
        (entity, all) -> {
          List<RowWrite> upserts = MirrorPlan.of(entity, all, session).upserts();
          if (!upserts.isEmpty()) {
            transaction.vacate(entity, upserts);
          }
        });
  }

  /** Whether all of them can be applied with one write per table. */
  boolean together(List<Item> items) {
    return items.stream()
        .noneMatch(
            i -> i.event().type() == ChangeType.TRUNCATED || mode(i.event()) == EntityMode.HANDLER);
  }

  /** The ledger rows that decide about these keys. */
  static LedgerView ledger(TargetTransaction transaction, Set<EntityKey> keys) {
    Set<EntityKey> asked = new LinkedHashSet<>(keys);
    keys.forEach(key -> asked.add(LedgerView.wholeEntity(key.entity())));
    return new LedgerView(transaction.ledger(asked));
  }

  private boolean admit(
      Item item,
      LedgerView ledger,
      Set<EntityKey> held,
      List<HeldEvent> waiting,
      BatchResult result) {
    ChangeEvent event = item.event();
    if (ledger.stale(item.key(), event)) {
      result.duplicates++;
      return false;
    }
    EntityMode mode = mode(event);
    if (mode == EntityMode.IGNORED
        || (event.type() == ChangeType.MESSAGE && mode != EntityMode.HANDLER)) {
      result.ignored++;
      return false;
    }
    EntityKey behind = behind(item, held);
    if (behind != null) {
      waiting.add(
          new HeldEvent(behind, item.delivery(), BEHIND, 0, config.clock().millis(), false));
      result.held.add(new BatchResult.Held(event, BEHIND, false));
      return false;
    }
    return true;
  }

  /** A record that cannot be read comes first: whatever waits of its key was there before it. */
  private static @Nullable EntityKey behind(Item item, Set<EntityKey> held) {
    if (held.isEmpty()) {
      return null;
    }
    EntityKey unreadable = UnreadableRecords.ahead(item.delivery());
    if (held.contains(unreadable)) {
      return unreadable;
    }
    return held.contains(item.waits()) ? item.waits() : null;
  }

  /** Keeps a record that cannot be read, and moves the offset past it. */
  void keep(
      TargetSession session, Channel channel, Delivery delivery, String error, OffsetStep step) {
    Restarts.run(
        () -> {
          try (TargetTransaction transaction = session.begin()) {
            transaction.advance(channel, List.of(step));
            transaction.hold(
                List.of(
                    new HeldEvent(
                        UnreadableRecords.key(delivery),
                        delivery,
                        error,
                        1,
                        config.clock().millis(),
                        false)));
            transaction.commit();
          }
          return delivery;
        });
  }

  private void single(
      TargetSession session,
      TargetTransaction transaction,
      Item item,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    List<HeldEvent> waiting = new ArrayList<>(1);
    if (!admit(item, ledger, held, waiting, result)) {
      hold(transaction, waiting);
      return;
    }
    Object savepoint = transaction.savepoint();
    try {
      applyOne(session, transaction, item, ledger, result);
      transaction.releaseSavepoint(savepoint);
    } catch (RejectedException e) {
      if (config.rejection().action() == Rejection.Action.STOP) {
        throw new ApplyException(
            "Applier '%s' stops at partition %s offset %s, %s: %s"
                .formatted(
                    config.name(),
                    item.delivery().partition(),
                    item.delivery().offset(),
                    item.event(),
                    e.getMessage()),
            e);
      }
      transaction.rollbackTo(savepoint);
      String error = String.valueOf(e.getMessage());
      hold(transaction, List.of(waiting(item, error, 1)));
      held.add(item.waits());
      result.held.add(new BatchResult.Held(item.event(), error, true));
    }
  }

  /** Applies one admitted event and moves the view on. Fails with {@link RejectedException}. */
  void applyOne(
      TargetSession session,
      TargetTransaction transaction,
      Item item,
      LedgerView ledger,
      BatchResult result) {
    ChangeEvent event = item.event();
    LedgerEntry entry = LedgerView.entry(item.key(), event);
    if (mode(event) == EntityMode.HANDLER) {
      transaction.deliver(event);
      if (event.type() != ChangeType.MESSAGE) {
        transaction.write(
            event.entity(),
            List.of(
                new RowWrite(
                    item.key(), RowWrite.Kind.NONE, Row.empty(), Row.empty(), List.of(entry))));
      }
      result.applied.add(event);
    } else if (event.type() == ChangeType.TRUNCATED) {
      truncate(transaction, event);
      result.applied.add(event);
    } else {
      write(session, transaction, List.of(item), ledger, result);
    }
    if (event.type() != ChangeType.MESSAGE) { // one that comes again would take the view back
      ledger.note(entry);
    }
  }

  private void truncate(TargetTransaction transaction, ChangeEvent event) {
    if (mode(event) == EntityMode.SHARED) {
      throw new RejectedException(
          "Every row of the shared entity '%s' was removed at once by '%s'; that has no order against own writes. Delete the rows here and"
                  .formatted(event.entity(), event.source())
              + " discard this event, or write them again.");
    }
    if (transaction.knowsLater(event.entity(), event.log(), event.version().toBytes())) {
      throw new RejectedException(
          "Every row of '%s' was removed at once, but later changes of it were applied already (another partition was faster). Compare the"
                  .formatted(event.entity())
              + " rows, then discard this event.");
    }
    transaction.truncate(
        event.entity(), LedgerView.entry(LedgerView.wholeEntity(event.entity()), event));
  }

  private void write(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> winners,
      LedgerView ledger,
      BatchResult result) {
    Map<String, List<Item>> byEntity = new LinkedHashMap<>();
    session.parentsFirst().forEach(entity -> byEntity.put(entity, new ArrayList<>()));
    List<Item> expanded = Expansion.of(winners, session, transaction);
    if (expanded.size() > winners.size()) {
      Set<EntityKey> children = new LinkedHashSet<>();
      expanded.forEach(item -> children.add(item.key()));
      ledger.load(transaction, children);
    }
    for (Item item : expanded) {
      byEntity.computeIfAbsent(item.event().entity(), e -> new ArrayList<>()).add(item);
    }
    byEntity.values().removeIf(List::isEmpty);
    List<EntityPlan> plans = new ArrayList<>(byEntity.size());
    byEntity.forEach(
        (entity, items) -> {
          if (mode(items.get(0).event()) == EntityMode.SHARED) {
            SharedPlan plan = SharedPlan.of(entity, items, session, transaction, ledger);
            result.conflicts.addAll(plan.conflicts());
            plans.add(plan);
          } else {
            plans.add(MirrorPlan.of(entity, items, session));
          }
        });
    for (EntityPlan plan : plans) {
      if (!plan.upserts().isEmpty()) {
        transaction.write(plan.entity(), plan.upserts());
      }
    }
    for (int i = plans.size() - 1; i >= 0; i--) {
      if (!plans.get(i).deletes().isEmpty()) {
        transaction.write(plans.get(i).entity(), plans.get(i).deletes());
      }
    }
    plans.forEach(plan -> plan.settle(transaction, ledger));
    winners.forEach(item -> result.applied.add(item.event()));
  }

  private EntityMode mode(ChangeEvent event) {
    EntityMode mode = config.target().mode(event.entity());
    return mode == null ? EntityMode.IGNORED : mode;
  }

  private HeldEvent waiting(Item item, String error, int attempts) {
    return new HeldEvent(
        item.waits(), item.delivery(), error, attempts, config.clock().millis(), false);
  }

  private static void hold(TargetTransaction transaction, List<HeldEvent> events) {
    if (!events.isEmpty()) {
      transaction.hold(events);
    }
  }
}
