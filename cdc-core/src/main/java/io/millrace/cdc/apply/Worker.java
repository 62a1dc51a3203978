package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the applier's thread does with its target session. Used by that thread only. */
final class Worker {
  private static final Logger log = LoggerFactory.getLogger(Worker.class);
  private static final int LISTED_KEYS = 10_000;
  private static final int QUIET_POLLS = 3;
  private static final long IDLE_NANOS = 10_000_000_000L;

  /** More than any batch has. */
  private static final int MOST_TOGETHER = 1 << 20;

  /** A part of itself that the limit grows by after a full transaction went through. */
  private static final int GROWTH = 4;

  private final ApplierConfig config;
  private final Counters counters;
  private final BatchApplier batches;
  private final HeldRetry retry;
  private final Ownership ownership;
  private final LedgerCleaner cleaner;
  private final RetryPace pace;
  private @Nullable TargetSession session;
  private long progress;
  private long usedNanos = System.nanoTime();

  /** Deliveries per transaction: fewer after it met others too often. */
  private int together = MOST_TOGETHER;

  Worker(ApplierConfig config, Counters counters) {
    this.config = config;
    this.counters = counters;
    this.batches = new BatchApplier(config);
    this.retry = new HeldRetry(config, batches);
    this.cleaner = new LedgerCleaner(config, counters);
    this.pace = new RetryPace(config.rejection().retry(), System.nanoTime());
    this.ownership = new Ownership(config, counters, this::session);
  }

  Ownership ownership() {
    return ownership;
  }

  /** Rises with every committed batch. */
  long progress() {
    return progress;
  }

  void openSession() {
    if (session == null) {
      session = config.target().open(config.name());
    }
  }

  void reopenUnlessUsable() {
    if (session == null || !session.usable()) {
      close();
      try {
        openSession();
      } catch (ApplyException e) {
        if (!e.retryable()) {
          throw e;
        }
      }
    }
  }

  /**
   * Looks at a connection that had nothing to do for a while: so a server that is gone shows before
   * the next event, and one that ends idle sessions does not end this one.
   */
  void keepAlive() {
    if (session == null || System.nanoTime() - usedNanos < IDLE_NANOS) {
      return;
    }
    usedNanos = System.nanoTime();
    if (!session.usable()) {
      log.warn(
          "applier '{}': the connection to {} is gone; making a new one",
          config.name(),
          config.target().describe());
      close();
      openSession();
    }
  }

  private TargetSession session() {
    usedNanos = System.nanoTime();
    openSession();
    return Objects.requireNonNull(session);
  }

  private Channel channel() {
    Channel channel = ownership.channel();
    if (channel == null) {
      throw Invariant.broken("deliveries before an assignment");
    }
    return channel;
  }

  /** After a poll, in which partitions may have been assigned. */
  void assignmentSettled() {
    if (ownership.takeChanged()) {
      countHeld();
    }
  }

  /**
   * Applies deliveries and says what is stored now. A transaction that met others too often is
   * halved, since a shorter one meets fewer; from then on they grow again, slowly.
   *
   * @param batch may be one that failed before; what was committed of it is not applied again
   */
  Map<Integer, Long> apply(List<Delivery> batch) {
    Map<Integer, Long> next = new HashMap<>();
    List<Delivery> deliveries = new ArrayList<>(batch.size());
    for (Delivery delivery : batch) {
      Long stored = ownership.stored().get(delivery.partition());
      if (stored == null || delivery.offset() >= stored) {
        deliveries.add(delivery);
      } else {
        next.put(delivery.partition(), stored);
      }
    }
    int from = 0;
    while (from < deliveries.size()) {
      int size = Math.min(together, deliveries.size() - from);
      try {
        from += applyTogether(deliveries.subList(from, from + size), next);
        if (size == together) {
          together = Math.min(MOST_TOGETHER, together + Math.max(1, together / GROWTH));
        }
      } catch (RestartException e) {
        if (size == 1) {
          throw e;
        }
        together = size / 2;
      }
    }
    return next;
  }

  /**
   * Applies all in one transaction, or what stands before one that cannot be read, or keeps that
   * one where it stands first; says how many these were.
   *
   * @param moved takes the offsets
   */
  private int applyTogether(List<Delivery> deliveries, Map<Integer, Long> moved) {
    List<Item> items = new ArrayList<>(deliveries.size());
    List<SeenHeartbeat> heartbeats = new ArrayList<>();
    ApplyException stop = null;
    boolean keep = false;
    int readable = 0;
    for (Delivery delivery : deliveries) {
      try {
        ChangeEvent event = HeldRetry.decode(config.codec(), delivery);
        if (Heartbeat.is(event)) {
          counters.pulse.came(event.source(), null);
          heartbeats.add(SeenHeartbeat.of(event, delivery.partition(), config.clock().instant()));
          readable++;
          continue;
        }
        EntityMode mode = config.target().mode(event.entity());
        if (mode == null && config.unmapped() == Unmapped.STOP) {
          throw unmapped(delivery, event);
        }
        counters.pulse.came(event.source(), mode == EntityMode.SHARED ? event.entity() : null);
        items.add(new Item(delivery, event, waitsBehind(event)));
        readable++;
      } catch (EventException e) {
        stop = unreadable(delivery, e); // what stands before it is applied first
        keep = config.unreadable() == Unreadable.HOLD;
        break;
      } catch (ApplyException e) {
        stop = e;
        break;
      }
    }
    if (stop != null && keep && readable == 0) {
      keep(deliveries.get(0), stop, moved);
      return 1;
    }
    if (readable > 0) {
      Map<Integer, Long> next = new HashMap<>();
      deliveries
          .subList(0, readable)
          .forEach(delivery -> next.put(delivery.partition(), delivery.offset() + 1));
      List<OffsetStep> steps = new ArrayList<>();
      next.forEach(
          (partition, offset) ->
              steps.add(new OffsetStep(partition, ownership.stored().get(partition), offset)));
      BatchResult result =
          batches.apply(session(), channel(), items, heartbeats, steps, counters.held.get() > 0);
      next.forEach(ownership::moved);
      moved.putAll(next);
      counters.pulse.heard(heartbeats);
      committed(result);
      if (!result.applied.isEmpty() || result.halves) {
        pace.delivered(System.nanoTime());
      }
    }
    if (stop != null && !keep) {
      throw stop;
    }
    return readable;
  }

  private void keep(Delivery delivery, ApplyException why, Map<Integer, Long> moved) {
    String error = String.valueOf(why.getMessage());
    int partition = delivery.partition();
    long next = delivery.offset() + 1;
    OffsetStep step = new OffsetStep(partition, ownership.stored().get(partition), next);
    batches.keep(session(), channel(), delivery, error, step);
    ownership.moved(partition, next);
    moved.put(partition, next);
    progress++;
    counters.held.incrementAndGet();
    log.warn(
        "{} It is kept as {}, with what follows of its routing key",
        error,
        UnreadableRecords.key(delivery));
    config.listener().unreadable(delivery, error);
  }

  private EntityKey waitsBehind(ChangeEvent event) {
    return Expansion.waitsBehind(session().nestings(), event, EntityKey.of(event));
  }

  private ApplyException unreadable(Delivery delivery, EventException e) {
    return new ApplyException(
        "Applier '%s' cannot read partition %s offset %s (routing key '%s', %s): %s%s"
            .formatted(
                config.name(),
                delivery.partition(),
                delivery.offset(),
                delivery.routingKey(),
                delivery.event(),
                e.getMessage(),
                config.unreadable() == Unreadable.HOLD
                    ? ""
                    : " Nothing after it is applied. With onUnreadable(Unreadable.HOLD) it is kept in the target with what follows of its routing key, others go on, and discard(…) leaves it out."),
        e);
  }

  private ApplyException unmapped(Delivery delivery, ChangeEvent event) {
    return new ApplyException(
        "Applier '%s' met entity '%s', which its target does not map (partition %s offset %s). Map it, name it in ignore(\"%s\"), or skip all"
                .formatted(
                    config.name(),
                    event.entity(),
                    delivery.partition(),
                    delivery.offset(),
                    event.entity())
            + " unmapped entities with unmapped(Unmapped.IGNORE).");
  }

  private void committed(BatchResult result) {
    progress++;
    counters.applied.addAndGet(result.applied.size());
    counters.duplicates.addAndGet(result.duplicates);
    counters.ignored.addAndGet(result.ignored);
    counters.conflicts.addAndGet(result.conflicts.size());
    if (!result.applied.isEmpty()) {
      counters.lastChangeAt = result.applied.get(result.applied.size() - 1).changedAt();
      config.listener().applied(result.applied);
    }
    for (Conflict conflict : result.conflicts) {
      log.info(
          "applier '{}': conflict in {}: it says {}, here stood {}; own writes still on their way kept {}",
          config.name(),
          conflict.event(),
          conflict.event().newValue(),
          conflict.local(),
          conflict.fields());
      config.listener().conflict(conflict);
    }
    for (BatchResult.Held held : result.held) {
      if (held.first()) {
        log.warn("applier '{}' holds {}: {}", config.name(), held.event(), held.error());
      }
      config.listener().held(held.event(), held.error());
    }
    counters.held.addAndGet(result.held.size());
  }

  /** Tries held keys where something was applied since the last time, or the interval is over. */
  void retryHeld() {
    Channel channel = ownership.channel();
    if (counters.held.get() == 0 || channel == null) {
      return;
    }
    long begun = System.nanoTime();
    if (!pace.due(begun)) {
      return;
    }
    pace.begins();
    retry.pass(session(), channel, ownership.stored()).forEach(this::retried);
    countHeld();
    pace.ended(begun, System.nanoTime());
  }

  private void retried(BatchResult result) {
    committed(result);
    if (!result.applied.isEmpty()) {
      pace.gotThrough();
    }
  }

  /** Takes out of the ledger what nobody will ask for, where it is time to. */
  void cleanLedger(boolean idle) {
    Channel channel = ownership.channel();
    if (channel != null) {
      cleaner.step(this::session, channel, idle);
    }
  }

  private void countHeld() {
    HeldCount count = session().heldCount();
    counters.held.set(count.events());
    counters.parkedKeys = count.parkedKeys();
  }

  Command.Answer execute(Command command) {
    List<HeldKey> all = session().heldKeys(LISTED_KEYS);
    if (command.kind() == Command.Kind.LIST) {
      return new Command.Answer(all, true);
    }
    HeldKey held =
        all.stream().filter(key -> key.key().equals(command.key())).findFirst().orElse(null);
    if (held == null) {
      return new Command.Answer(all, command.kind() == Command.Kind.REPLAY);
    }
    Long next = ownership.stored().get(held.partition());
    if (next == null) {
      throw new ApplyException(
          "%s waits in partition %s, which another instance of applier '%s' owns. Ask that one."
              .formatted(command.key(), held.partition(), config.name()));
    }
    if (command.kind() == Command.Kind.REPLAY) {
      BatchResult result = retry.one(session(), channel(), held, next);
      retried(result);
      if (result.clash) {
        // The row with the value may be waiting itself, parked as this one.
        List<HeldKey> group = new ArrayList<>(List.of(held));
        all.stream()
            .filter(
                other -> other.key().entity().equals(held.key().entity()) && !other.equals(held))
            .forEach(group::add);
        BatchResult exchanged = retry.exchange(session(), channel(), group, ownership.stored());
        if (exchanged != null) {
          retried(exchanged);
        }
      }
    } else {
      retry.discard(session(), channel(), held, next);
      if (UnreadableRecords.is(held.key())) {
        retried(retry.one(session(), channel(), held, next));
      }
    }
    countHeld();
    boolean free =
        session().heldKeys(LISTED_KEYS).stream().noneMatch(key -> key.key().equals(command.key()));
    return new Command.Answer(List.of(), free || command.kind() == Command.Kind.DISCARD);
  }

  /** Notes how far behind it is; true where nothing is left. */
  boolean lag(Map<Integer, Long> ends, int quietPolls) {
    long lag = 0;
    boolean done = ownership.channel() != null;
    for (Integer partition : ownership.assigned()) {
      Long end = ends.get(partition);
      Long next = ownership.stored().get(partition);
      if (end == null || (next == null && end > 0)) {
        // Never applied from, or the transport does not know: silence must do.
        done &= quietPolls >= QUIET_POLLS;
      } else if (next != null && end > next) {
        lag += end - next;
        done = false;
      }
    }
    counters.lagEvents = lag;
    return done;
  }

  /** The subscription is gone. */
  void leave() {
    ownership.clear();
    if (session != null && !session.usable()) {
      close();
    }
  }

  void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
