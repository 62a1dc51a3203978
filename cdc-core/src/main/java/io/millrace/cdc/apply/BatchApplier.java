package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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

  private final ApplierConfig config;
  private final Unread unread;

  BatchApplier(ApplierConfig config) {
    this.config = config;
    this.unread = new Unread(config);
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
        if (Admission.isHalf(config, session, item)) {
          EntityKey other = Moves.other(item.event());
          keys.add(other);
          waits.add(other);
        }
        if (anyHeld) {
          waits.add(UnreadableRecords.ahead(item.delivery()));
        }
      }
      if (together) {
        keys.removeAll(unread.of(session, transaction, items));
      }
      LedgerView ledger = ledger(transaction, keys);
      Set<EntityKey> held = anyHeld ? new HashSet<>(transaction.held(waits)) : new HashSet<>();
      List<Moves.Unit> units = Moves.units(items, item -> Admission.isHalf(config, session, item));
      Attempt attempt = new Attempt(session, transaction, channel.partitions() == 1);
      if (together) {
        admitAndWrite(attempt, units, ledger, held, result);
      } else {
        parts(attempt, units, ledger, held, result);
      }
      transaction.commit();
    }
    unread.committed(result);
    return result;
  }

  /**
   * Where something is tried.
   *
   * @param alone whether one event of a key change may be applied before the other came
   */
  private record Attempt(TargetSession session, TargetTransaction transaction, boolean alone) {}

  /** What was refused as a whole, by halves: a few bad events do not make all the others slow. */
  private void parts(
      Attempt attempt,
      List<Moves.Unit> units,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    if (units.size() == 1 || units.stream().anyMatch(unit -> !together(List.of(unit.first())))) {
      units.forEach(unit -> single(attempt, unit, ledger, held, result));
      return;
    }
    int middle = units.size() / 2;
    for (List<Moves.Unit> part :
        List.of(units.subList(0, middle), units.subList(middle, units.size()))) {
      if (!attempt(attempt, part, ledger, held, result)) {
        parts(attempt, part, ledger, held, result);
      }
    }
  }

  /**
   * Applies these events, none of which waits and none of which changes a key, with one write per
   * table; false where that is refused, and then nothing has happened.
   */
  boolean attempt(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> items,
      LedgerView ledger,
      BatchResult result) {
    List<Moves.Unit> units = items.stream().map(Moves.Unit::of).toList();
    return attempt(
        new Attempt(session, transaction, false), units, ledger, new HashSet<>(), result);
  }

  private boolean attempt(
      Attempt attempt,
      List<Moves.Unit> units,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    LedgerView trial = ledger.copy();
    Set<EntityKey> waiting = new HashSet<>(held);
    BatchResult part = new BatchResult();
    Object savepoint = attempt.transaction.savepoint();
    try {
      admitAndWrite(attempt, units, trial, waiting, part);
    } catch (RejectedException e) {
      attempt.transaction.rollbackTo(savepoint);
      return false;
    }
    attempt.transaction.releaseSavepoint(savepoint);
    ledger.take(trial);
    held.addAll(waiting);
    result.add(part);
    return true;
  }

  private void admitAndWrite(
      Attempt attempt,
      List<Moves.Unit> units,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    Admission admission = new Admission(config, ledger, held, attempt.alone, result);
    for (Moves.Unit unit : units) {
      admission.take(unit, Admission.isHalf(config, attempt.session, unit.first()));
      admission.note();
    }
    hold(attempt.transaction, admission.waiting());
    write(attempt.session, attempt.transaction, admission.winners(), ledger, result);
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
      Attempt attempt,
      Moves.Unit unit,
      LedgerView ledger,
      Set<EntityKey> held,
      BatchResult result) {
    Admission admission = new Admission(config, ledger, held, attempt.alone, result);
    admission.take(unit, Admission.isHalf(config, attempt.session, unit.first()));
    hold(attempt.transaction, admission.waiting());
    if (admission.winners().isEmpty()) {
      return;
    }
    Object savepoint = attempt.transaction.savepoint();
    try {
      applyOne(attempt.session, attempt.transaction, admission.winners(), ledger, result);
      attempt.transaction.releaseSavepoint(savepoint);
    } catch (RejectedException e) {
      if (config.rejection().action() == Rejection.Action.STOP) {
        Item item = unit.first();
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
      attempt.transaction.rollbackTo(savepoint);
      String error = String.valueOf(e.getMessage());
      for (Item item : admission.winners()) {
        hold(attempt.transaction, List.of(waiting(item, error, 1)));
        held.add(item.waits());
        result.held.add(new BatchResult.Held(item.event(), error, true));
      }
    }
  }

  /**
   * Applies one admitted event, or the two of a key change, and moves the view on. Fails with
   * {@link RejectedException}.
   */
  void applyOne(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> admitted,
      LedgerView ledger,
      BatchResult result) {
    Item item = admitted.get(0);
    ChangeEvent event = item.event();
    if (Admission.mode(config, event) == EntityMode.HANDLER) {
      transaction.deliver(event);
      if (event.type() != ChangeType.MESSAGE) {
        LedgerEntry entry = LedgerView.entry(item.key(), event);
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
      write(session, transaction, admitted, ledger, result);
    }
    if (event.type() != ChangeType.MESSAGE) { // one that comes again would take the view back
      admitted.forEach(each -> Moves.entries(each).forEach(ledger::note));
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
    for (List<Item> run : Moves.runs(winners, session.parts())) {
      writeRun(session, transaction, run, ledger, result);
    }
    winners.forEach(item -> result.applied.add(item.event()));
  }

  private void writeRun(
      TargetSession session,
      TargetTransaction transaction,
      List<Item> run,
      LedgerView ledger,
      BatchResult result) {
    Map<String, List<Item>> byEntity = new LinkedHashMap<>();
    session.parentsFirst().forEach(entity -> byEntity.put(entity, new ArrayList<>()));
    List<Item> expanded = Expansion.of(config, run, session, transaction);
    if (expanded.size() > run.size()) {
      Set<EntityKey> children = new LinkedHashSet<>();
      expanded.forEach(item -> children.add(item.key()));
      ledger.load(transaction, children);
    }
    for (Item item : expanded) {
      byEntity.computeIfAbsent(item.event().entity(), e -> new ArrayList<>()).add(item);
    }
    byEntity.values().removeIf(List::isEmpty);
    List<EntityPlan> plans = plans(session, transaction, byEntity, ledger, result);
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
  }

  /** What is to be done, in the order in which it is to be written. */
  private List<EntityPlan> plans(
      TargetSession session,
      TargetTransaction transaction,
      Map<String, List<Item>> byEntity,
      LedgerView ledger,
      BatchResult result) {
    List<EntityPlan> plans = new ArrayList<>(byEntity.size());
    Set<String> parts = session.parts();
    Set<EntityKey> inhabited = new HashSet<>();
    List<String> order = new ArrayList<>(byEntity.keySet());
    if (!parts.isEmpty()) {
      Collections.reverse(order); // a whole is not removed while a part of it stays
    }
    for (String entity : order) {
      List<Item> items = Objects.requireNonNull(byEntity.get(entity));
      if (mode(items.get(0).event()) == EntityMode.SHARED) {
        SharedPlan plan = SharedPlan.of(entity, items, session, transaction, ledger, inhabited);
        result.conflicts.addAll(plan.conflicts());
        plans.add(plan);
        if (parts.contains(entity)) {
          inhabited.addAll(plan.inhabited());
        }
      } else {
        plans.add(
            items.get(0).moves()
                ? MirrorPlan.moving(entity, items, session)
                : MirrorPlan.of(entity, items, session));
      }
    }
    if (!parts.isEmpty()) {
      Collections.reverse(plans);
    }
    return plans;
  }

  private EntityMode mode(ChangeEvent event) {
    return Admission.mode(config, event);
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
