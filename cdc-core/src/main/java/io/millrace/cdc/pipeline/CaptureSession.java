package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.transport.PublishCallback;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a reader: from its opening to the first failure or the end. Capture thread only. */
final class CaptureSession implements AutoCloseable, Holds.Host {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  /** Longest wait for changes, so that leases and positions are looked after meanwhile. */
  private static final Duration POLL_WAIT = Duration.ofMillis(250);

  /** The same where nothing waits to be acknowledged or saved. */
  private static final Duration IDLE_WAIT = Duration.ofSeconds(1);

  /** Of a lease, so that it is renewed in time. */
  private static final int WAITS_PER_LEASE = 10;

  private static final long ROOM_WAIT_NANOS = 50_000_000L;

  /**
   * After a failure acknowledgements under way get this long to come in; each saves a duplicate.
   */
  private static final long SETTLE_NANOS = 1_000_000_000L;

  private final PipelineSettings settings;
  private final StatusBoard board;
  private final StopSignal stop;
  private final LeaseKeeper lease;
  private final SourceReader reader;
  private final EventStage stage;
  private @Nullable ChangeEvent carried;
  private final Encoder encoder;
  private final AckLedger ledger = new AckLedger();
  private final Heart heart;
  private final Refusals refusals;
  private final Commands commands;
  private final Holds holds;
  private final PositionKeeper positions;

  private long progressAcknowledged;
  private long silentAcknowledged;
  private long silentSinceNanos = System.nanoTime();
  private boolean silenceTold;

  CaptureSession(
      PipelineSettings settings,
      StatusBoard board,
      StopSignal stop,
      LeaseKeeper lease,
      SourceReader reader,
      Refusals refusals,
      Commands commands) {
    this.settings = settings;
    this.board = board;
    this.stop = stop;
    this.lease = lease;
    this.reader = reader;
    this.stage = new EventStage(settings);
    this.encoder = new Encoder(settings);
    this.heart = new Heart(settings, board);
    this.refusals = refusals;
    this.commands = commands;
    this.holds = new Holds(settings, encoder, board, ledger, refusals, this);
    this.positions = new PositionKeeper(settings, board, lease, reader, ledger, heart, holds);
  }

  /** Saves what must stand before the first event: a first position, a risen epoch. */
  void begin(ReaderStart start, @Nullable AcceptedGap accepted) {
    positions.begin(start, accepted);
    board.reading(reader.log(), positions.epoch(), ledger, heart.acknowledgements());
    heart.start();
  }

  /** Reads and publishes until the end is requested. */
  void pump(Backoff backoff) throws InterruptedException {
    holds.begin();
    while (!stop.requested()) {
      tend();
      holds.retryWhenDue();
      commands.run(holds);
      SourceBatch batch = reader.poll(settings.pollSize(), pollWait());
      positions.followEpoch();
      publish(batch);
      backoff.reset();
      boolean moved = ledger.eventsInFlight() == 0 || ledger.acknowledged() > progressAcknowledged;
      progressAcknowledged = ledger.acknowledged();
      board.progress(reader.progress(), moved);
    }
    settle(settings.closeTimeout().toNanos() / 3);
  }

  private Duration pollWait() {
    if (ledger.eventsInFlight() > 0 || !positions.onlyHeartbeatsSince() || board.holding()) {
      return POLL_WAIT;
    }
    Duration lease = settings.leaseDuration().dividedBy(WAITS_PER_LEASE);
    return lease.compareTo(IDLE_WAIT) < 0 ? lease : IDLE_WAIT;
  }

  private void publish(SourceBatch batch) throws InterruptedException {
    AckLedger.Batch entry = ledger.open();
    int filtered = 0;
    int published = 0;
    int heartbeats = 0;
    List<ChangeEvent> events = withCarried(batch.events());
    for (int i = 0; i < events.size(); i++) {
      ChangeEvent event = events.get(i);
      if (Heartbeat.is(event)) {
        heartbeats++;
        if (!beat(entry, event)) {
          return;
        }
        continue;
      }
      ChangeEvent staged = stage.apply(event, KeyChange.other(events, i));
      if (staged == null) {
        filtered++;
        continue;
      }
      Encoder.Outgoing outgoing = encoder.encode(staged);
      if (holds.holds(entry, staged, outgoing)) {
        continue;
      }
      if (!awaitRoom(outgoing.bytes().size())) {
        return;
      }
      if (send(entry, staged, outgoing.bytes(), UnaryOperator.identity())) {
        published++;
      }
    }
    entry.seal(carried == null ? batch.position() : null);
    int captured = events.size() - heartbeats;
    if (captured > 0 || batch.echoes() > 0) {
      board.counted(captured, batch.echoes(), filtered, published);
    }
  }

  /**
   * What the last batch ended with comes first, where it was the DELETED of a key change whose
   * CREATED decides about it, too. Between the two no position is given.
   */
  private List<ChangeEvent> withCarried(List<ChangeEvent> batch) {
    ChangeEvent before = carried;
    boolean lastWaits = !batch.isEmpty() && stage.needsNext(batch.get(batch.size() - 1));
    if (batch.isEmpty() || (before == null && !lastWaits)) {
      return batch;
    }
    List<ChangeEvent> events = new ArrayList<>(batch.size() + 1);
    if (before != null) {
      events.add(before);
    }
    events.addAll(batch);
    carried = lastWaits ? events.remove(events.size() - 1) : null;
    return events;
  }

  /** Sends a heartbeat into every partition; false where the pipeline ends before. */
  private boolean beat(AckLedger.Batch entry, ChangeEvent event) throws InterruptedException {
    for (String key : settings.publisher().keysOfAllPartitions(event.routingKey())) {
      ChangeEvent routed = event.toBuilder().routingKey(key).build();
      Encoded encoded = encoder.heartbeat(routed);
      if (encoded == null) {
        break;
      }
      if (!awaitRoom(encoded.size())) {
        return false;
      }
      send(entry, routed, encoded, heart::counting);
    }
    heart.sent(entry.number(), event);
    return true;
  }

  /** False where the transport cannot carry it and it is held. */
  private boolean send(
      AckLedger.Batch entry,
      ChangeEvent event,
      Encoded encoded,
      UnaryOperator<PublishCallback> around)
      throws InterruptedException {
    AckLedger.InFlight callback = entry.expect(event, encoded.size());
    boolean told = false;
    try {
      settings.publisher().publish(event.routingKey(), encoded, around.apply(callback));
      told = true;
      return true;
    } catch (TransportException e) {
      if (e.retryable()) {
        throw e;
      }
      if (!mayHold(e)) {
        throw unpublishable(event.toString(), e);
      }
      callback.held();
      told = true;
      holds.hold(
          entry,
          new UnpublishedEvent(
              event.routingKey(), AckLedger.what(event), String.valueOf(e.getMessage()), encoded));
      return false;
    } finally {
      if (!told) {
        callback.withdraw();
      }
    }
  }

  private boolean mayHold(TransportException error) {
    return error instanceof UnpublishableException
        && settings.unpublishable().action() == Unpublishable.Action.HOLD;
  }

  private TransportException unpublishable(String event, TransportException error) {
    return new TransportException(
        "Pipeline '%s' cannot publish %s to %s: %s"
            .formatted(settings.name(), event, settings.publisher().describe(), error.getMessage()),
        error);
  }

  /**
   * Waits until the event fits into what may be in flight; false where the pipeline ends before.
   */
  @Override
  public boolean awaitRoom(int size) throws InterruptedException {
    while (true) {
      long seen = ledger.acknowledged();
      long events = ledger.eventsInFlight();
      // One event larger than the limit goes alone.
      if (events == 0
          || (events < settings.maxInFlightEvents()
              && ledger.bytesInFlight() + size <= settings.maxInFlightBytes())) {
        return true;
      }
      if (stop.requested()) {
        return false;
      }
      tend();
      ledger.await(seen, ROOM_WAIT_NANOS);
    }
  }

  @Override
  public Lease lease() {
    return lease.lease();
  }

  @Override
  public boolean awaitAcknowledged() throws InterruptedException {
    while (true) {
      long seen = ledger.acknowledged();
      if (ledger.eventsInFlight() == 0) {
        return true;
      }
      if (stop.requested()) {
        return false;
      }
      tend();
      ledger.await(seen, ROOM_WAIT_NANOS);
    }
  }

  @Override
  public void saveReached() {
    positions.saveReached();
  }

  @Override
  public void dropDue(String routingKey) {
    positions.dropDue(routingKey);
  }

  private void tend() {
    AckLedger.Failure failure = ledger.failure();
    if (failure != null) {
      if (failure.error().retryable()) {
        throw failure.error();
      }
      if (mayHold(failure.error())) {
        // What was published after it is not acknowledged either: from the last position again.
        refusals.add(failure.event(), String.valueOf(failure.error().getMessage()));
        throw new TransportException(
            "%s gave up on %s, which will be held: %s"
                .formatted(
                    settings.publisher().describe(), failure.event(), failure.error().getMessage()),
            failure.error(),
            true);
      }
      throw unpublishable(failure.event(), failure.error());
    }
    noticeSilence();
    lease.renewWhenDue();
    positions.saveWhenDue();
  }

  /** A transport that waits for a server by itself fails nothing; it is said all the same. */
  private void noticeSilence() {
    long acknowledged = ledger.acknowledged();
    long now = System.nanoTime();
    if (ledger.eventsInFlight() == 0 || acknowledged != silentAcknowledged) {
      silentAcknowledged = acknowledged;
      silentSinceNanos = now;
      silenceTold = false;
    } else if (!silenceTold && now - silentSinceNanos > settings.healthLimit().toNanos() / 2) {
      silenceTold = true;
      TransportException silence =
          new TransportException(
              "%s has acknowledged nothing for %s s while %s events are in flight. It is waited for; nothing is lost."
                  .formatted(
                      settings.publisher().describe(),
                      Duration.ofNanos(now - silentSinceNanos).toSeconds(),
                      ledger.eventsInFlight()),
              null,
              true);
      board.error(silence);
      LOG.warn("Pipeline '{}': {}", settings.name(), silence.getMessage());
    }
  }

  /** Waits for acknowledgements under way, at most that long. */
  private void settle(long nanos) throws InterruptedException {
    long start = System.nanoTime();
    while (ledger.eventsInFlight() > 0
        && ledger.failure() == null
        && System.nanoTime() - start < nanos) {
      long seen = ledger.acknowledged();
      ledger.await(seen, ROOM_WAIT_NANOS);
    }
  }

  /** Saves what is acknowledged, whatever ended the session. */
  @Override
  public void close() {
    heart.close();
    try {
      if (lease.held() && !Thread.currentThread().isInterrupted()) {
        settle(SETTLE_NANOS);
        positions.saveReached();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn(
          "Pipeline '{}' could not save its last position; what follows {} is published again",
          settings.name(),
          positions.saved(),
          e);
    } finally {
      board.retire();
    }
  }
}
