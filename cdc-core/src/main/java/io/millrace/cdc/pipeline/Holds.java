package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedEvents;
import io.millrace.cdc.position.UnpublishedKey;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What cannot be published and all that waits behind it, for one session. Capture thread only.
 *
 * <p>A held event stays in memory until a position that passes it is saved; it is stored with that
 * position. So whatever ends the session, each event is either stored or read again, never both
 * lost and passed, and what is read again comes after what is stored.
 */
final class Holds {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private final Encoder encoder;
  private final StatusBoard board;
  private final AckLedger ledger;
  private final Refusals refusals;
  private final Host host;
  private final @Nullable UnpublishedEvents store;
  private final HeldKeys keys;
  private long lastTryNanos;

  /** What the session does for its holds. */
  interface Host {
    Lease lease();

    /** Waits until that much may be in flight; false where the pipeline ends before. */
    boolean awaitRoom(int size) throws InterruptedException;

    /** Waits until nothing is in flight; false where the pipeline ends before. */
    boolean awaitAcknowledged() throws InterruptedException;

    /** Saves the newest position up to which all is acknowledged, with what is held before it. */
    void saveReached();

    /** Forgets what is held of a key and was passed by a position that is not saved yet. */
    void dropDue(String routingKey);
  }

  Holds(
      PipelineSettings settings,
      Encoder encoder,
      StatusBoard board,
      AckLedger ledger,
      Refusals refusals,
      Host host) {
    this.settings = settings;
    this.encoder = encoder;
    this.board = board;
    this.ledger = ledger;
    this.refusals = refusals;
    this.host = host;
    this.store = settings.positions().unpublished().orElse(null);
    this.keys = new HeldKeys(settings.unpublishable(), settings.clock());
  }

  UnpublishedEvents store() {
    if (store == null) {
      throw Invariant.broken("%s holds no events", settings.positions().describe());
    }
    return store;
  }

  /** Learns what waits from before and tries it. The reader has given nothing yet. */
  void begin() throws InterruptedException {
    if (store != null) {
      keys.load(store.keys(host.lease()));
      pass();
    }
    board.holding(keys.events(), keys.count());
  }

  /** Why the event must not be published now; null where it may be. */
  private @Nullable String reason(ChangeEvent event) {
    if (!keys.isEmpty()) {
      HeldKeys.Entry entry = keys.get(event.routingKey());
      if (entry != null) {
        String reason = "waits behind " + entry.first;
        if (settings.unpublishable().action() == Unpublishable.Action.STOP) {
          throw new TransportException(
              "Pipeline '%s' stops at %s: it %s, held since %s by an earlier run (%s), and the policy is to stop. Mend what that event needs, or go back to onUnpublishable(Unpublishable.hold())."
                  .formatted(settings.name(), event, reason, entry.since, entry.error));
        }
        return reason;
      }
    }
    return refusals.none() ? null : refusals.of(AckLedger.what(event));
  }

  /** Holds the event where it must not be published now; says whether it did. */
  boolean holds(AckLedger.Batch entry, ChangeEvent event, Encoder.Outgoing outgoing) {
    String reason = reason(event);
    // Its own refusal first: that is what stands in its way once it has come to the front.
    String error = outgoing.refusal() == null ? reason : outgoing.refusal();
    if (error == null) {
      return false;
    }
    hold(
        entry,
        new UnpublishedEvent(
            event.routingKey(), AckLedger.what(event), error, outgoing.cause(), outgoing.bytes()));
    return true;
  }

  /** Holds an event behind all others of its routing key. */
  void hold(AckLedger.Batch entry, UnpublishedEvent held) {
    boolean first = keys.get(held.routingKey()) == null;
    keys.add(settings.name(), held);
    entry.hold(held);
    if (first) {
      lastTryNanos = keys.count() == 1 ? System.nanoTime() : lastTryNanos;
      LOG.warn(
          "Pipeline '{}' holds {} and what follows of its key: {}",
          settings.name(),
          held.what(),
          held.error());
      board.error(new TransportException("Held: %s: %s".formatted(held.what(), held.error())));
    }
    board.held(held, keys.events(), keys.count());
  }

  /** These were stored with a position. */
  void stored(List<UnpublishedEvent> events) {
    keys.stored(events);
  }

  /** Tries everything that waits, when it is time. */
  void retryWhenDue() throws InterruptedException {
    if (keys.isEmpty()
        || System.nanoTime() - lastTryNanos < settings.unpublishable().retry().toNanos()) {
      return;
    }
    try {
      learnLimits();
    } catch (MillraceException e) {
      // Publishing itself will say so, if it lasts.
      lastTryNanos = System.nanoTime();
      LOG.warn("Pipeline '{}' cannot try what it holds yet", settings.name(), e);
      return;
    }
    pass();
  }

  List<UnpublishedKey> list() {
    return keys.list();
  }

  /** Publishes what waits of a key now, in order; true where nothing of it waits any more. */
  boolean replay(String routingKey) throws InterruptedException {
    learnLimits();
    boolean done = replay(routingKey, true);
    board.holding(keys.events(), keys.count());
    return done;
  }

  /** Drops what waits of a key; true where anything did. */
  boolean discard(String routingKey) {
    HeldKeys.Entry entry = keys.get(routingKey);
    if (entry == null) {
      return false;
    }
    LOG.warn(
        "Pipeline '{}' discards {} held events of '{}', the first {}",
        settings.name(),
        entry.stored + entry.fresh,
        routingKey,
        entry.first);
    host.dropDue(routingKey);
    ledger.takeHeld(routingKey);
    store().release(host.lease(), routingKey, Long.MAX_VALUE);
    keys.remove(routingKey);
    board.holding(keys.events(), keys.count());
    return true;
  }

  /** A limit may have been raised meanwhile. */
  private void learnLimits() {
    settings.publisher().preflight();
  }

  private void pass() throws InterruptedException {
    for (String key : keys.names()) {
      replay(key, false);
    }
    lastTryNanos = System.nanoTime();
    board.holding(keys.events(), keys.count());
  }

  private boolean replay(String key, boolean always) throws InterruptedException {
    while (true) {
      HeldKeys.Entry entry = keys.get(key);
      if (entry == null) {
        return true;
      }
      if (entry.stored == 0) {
        // What is not stored is published only once no position passes it.
        if (!host.awaitAcknowledged()) {
          return false;
        }
        host.saveReached();
        if (entry.stored == 0) {
          publishFresh(key, entry, always);
          return keys.get(key) == null;
        }
      }
      if (!publishStored(key, entry, always)) {
        return false;
      }
    }
  }

  /** True where all that was stored of the key is acknowledged and forgotten. */
  private boolean publishStored(String key, HeldKeys.Entry entry, boolean always)
      throws InterruptedException {
    AckLedger.Batch batch = ledger.open();
    long published = 0;
    long size = 0;
    long place = 0;
    boolean all = false;
    try {
      while (!all) {
        Optional<UnpublishedEvents.Waiting> next = store().next(host.lease(), key, place);
        if (next.isEmpty()) {
          all = true;
        } else {
          UnpublishedEvent event = next.get().event();
          if (!host.awaitRoom(event.size())) {
            return false;
          }
          if (!send(batch, event, entry, always)) {
            break;
          }
          published++;
          size += event.size();
          place = next.get().place();
        }
      }
    } finally {
      batch.seal(null);
    }
    if (published > 0) {
      if (!host.awaitAcknowledged()) {
        return false;
      }
      store().release(host.lease(), key, place);
      keys.releasedStored(key, published, size);
      released(key, published);
    } else {
      Invariant.that(!all, "nothing of key '%s' is stored, %s events should be", key, entry.stored);
    }
    return all;
  }

  private void publishFresh(String key, HeldKeys.Entry entry, boolean always)
      throws InterruptedException {
    AckLedger.Batch batch = ledger.open();
    boolean goes = true;
    long published = 0;
    for (UnpublishedEvent event : ledger.takeHeld(key)) {
      goes = goes && send(batch, event, entry, always);
      if (goes) {
        keys.releasedFresh(event);
        published++;
      } else {
        batch.hold(event);
      }
    }
    batch.seal(null);
    if (published > 0) {
      released(key, published);
    }
  }

  private void released(String key, long events) {
    LOG.info("Pipeline '{}' published {} held events of '{}'", settings.name(), events, key);
    board.released(key, events);
  }

  /** Why it is not tried without being asked; null where it is. */
  private @Nullable String refused(UnpublishedEvent event) {
    return switch (event.cause()) {
      case TRANSPORT, CODEC ->
          refusals.within(settings.unpublishable().retry().toNanos(), event.what());
      case HOP_LIMIT -> event.error();
    };
  }

  /** False where it still cannot go. */
  private boolean send(
      AckLedger.Batch batch, UnpublishedEvent event, HeldKeys.Entry entry, boolean always)
      throws InterruptedException {
    String refused = always ? null : refused(event);
    if (refused != null) {
      entry.error = refused;
      return false;
    }
    Encoded encoded;
    try {
      encoded = encoder.encode(event);
    } catch (EventException e) {
      if (e.retryable()) {
        throw e;
      }
      entry.error = String.valueOf(e.getMessage());
      return false;
    }
    AckLedger.InFlight callback = batch.expect(event.what(), event.size());
    boolean taken = false;
    try {
      settings.publisher().publish(event.routingKey(), encoded, callback);
      taken = true;
      return true;
    } catch (UnpublishableException e) {
      callback.held();
      taken = true;
      entry.error = String.valueOf(e.getMessage());
      return false;
    } finally {
      if (!taken) {
        callback.withdraw();
      }
    }
  }
}
