package io.millrace.cdc.pipeline;

import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.source.SourceProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code status()} shows. Everything is guarded by this object, unless it says otherwise. */
final class StatusBoard {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private PipelineState state = PipelineState.NEW;
  private Instant since;
  private Instant progressAt;
  private @Nullable Position position;
  private String log = "";
  private long epoch;
  private SourceProgress progress = SourceProgress.unknown();
  private @Nullable AckLedger ledger;

  /** Acknowledged in this ledger, of which they are no events. */
  private AtomicLong heartbeats = new AtomicLong();

  private boolean beating;

  /** When this instance first ran; later retries give no new time for a heartbeat. */
  private Instant beatingSince;

  private boolean fresh;
  private @Nullable Instant heartbeatAt;
  private boolean toldHealthy; // of the monitor's thread
  private long captured;
  private long echoes;
  private long filtered;
  private long published;
  private long acknowledgedBefore;
  private long saves;
  private long retries;
  private long heldEvents;
  private long heldKeys;
  private List<AcceptedGap> gaps = List.of();
  private @Nullable String lastError;
  private @Nullable Instant lastErrorAt;

  StatusBoard(PipelineSettings settings) {
    this.settings = settings;
    this.since = settings.clock().instant();
    this.progressAt = since;
    this.beatingSince = since;
  }

  /** Changes the state where the table allows it; says whether it did. */
  boolean become(PipelineState next) {
    PipelineState from;
    synchronized (this) {
      from = state;
      if (from == next || !from.mayBecome(next)) {
        return false;
      }
      state = next;
      since = settings.clock().instant();
      progressAt = since;
      fresh |= from == PipelineState.NEW || from == PipelineState.STANDBY;
      if (fresh && next == PipelineState.RUNNING) {
        fresh = false;
        beatingSince = since;
      }
    }
    LOG.info("Pipeline '{}' is {} (was {})", settings.name(), next, from);
    tell(listener -> listener.stateChanged(settings.name(), from, next));
    return true;
  }

  synchronized PipelineState state() {
    return state;
  }

  /** A reader was opened, with a ledger of its own, and a count of heartbeats in it. */
  synchronized void reading(String log, long epoch, AckLedger ledger, AtomicLong heartbeats) {
    retire();
    this.heartbeats = heartbeats;
    this.log = log;
    this.epoch = epoch;
    this.ledger = ledger;
    this.progress = SourceProgress.unknown();
  }

  /** The reader was closed: what is in flight belongs to nobody. */
  synchronized void retire() {
    if (ledger != null) {
      acknowledgedBefore += ledger.acknowledged() - heartbeats.get();
      ledger = null;
    }
  }

  synchronized void progress(SourceProgress progress, boolean moved) {
    this.progress = progress;
    if (moved) {
      progressAt = settings.clock().instant();
    }
  }

  /** Whether the source takes heartbeats. */
  synchronized void beating(boolean takes) {
    beating = takes;
  }

  /** Everything up to a heartbeat is acknowledged. */
  synchronized void heartbeat(Instant writtenAt) {
    if (heartbeatAt == null || writtenAt.isAfter(heartbeatAt)) {
      heartbeatAt = writtenAt;
    }
  }

  void counted(int batchCaptured, int batchEchoes, int batchFiltered, int batchPublished) {
    synchronized (this) {
      captured += batchCaptured;
      echoes += batchEchoes;
      filtered += batchFiltered;
      published += batchPublished;
    }
    tell(l -> l.published(settings.name(), batchCaptured, batchEchoes, batchFiltered));
  }

  /** Whether events wait that cannot be published. */
  synchronized boolean holding() {
    return heldKeys > 0;
  }

  /** What the store held when the reader was opened. */
  synchronized void stored(Position stored, long storedEpoch) {
    position = stored;
    epoch = storedEpoch;
  }

  void saved(Position saved, long savedEpoch) {
    synchronized (this) {
      stored(saved, savedEpoch);
      saves++;
    }
    tell(listener -> listener.saved(settings.name(), saved));
  }

  void retrying(Throwable error, Duration pause) {
    synchronized (this) {
      retries++;
    }
    error(error);
    LOG.warn("Pipeline '{}' tries again in {}", settings.name(), pause, error);
    tell(listener -> listener.retrying(settings.name(), error, pause));
  }

  void failed(Throwable error) {
    error(error);
    become(PipelineState.FAILED);
    LOG.error("Pipeline '{}' failed and stays stopped", settings.name(), error);
    tell(listener -> listener.failed(settings.name(), error));
  }

  /** How much waits now. */
  synchronized void holding(long events, long keys) {
    heldEvents = events;
    heldKeys = keys;
  }

  void held(UnpublishedEvent event, long events, long keys) {
    holding(events, keys);
    tell(listener -> listener.held(settings.name(), event));
  }

  void released(String routingKey, long events) {
    tell(listener -> listener.released(settings.name(), routingKey, events));
  }

  /** What the store keeps of accepted gaps. */
  synchronized void gaps(List<AcceptedGap> stored) {
    gaps = List.copyOf(stored);
  }

  void gapAccepted(AcceptedGap gap) {
    synchronized (this) {
      List<AcceptedGap> all = new ArrayList<>(gaps);
      all.add(gap);
      gaps = List.copyOf(all);
    }
    LOG.warn("Pipeline '{}': {}", settings.name(), gap);
    tell(listener -> listener.gapAccepted(settings.name(), gap.reason(), gap.to()));
  }

  synchronized void error(Throwable error) {
    String message = error.getMessage();
    lastError = message == null ? error.toString() : message;
    lastErrorAt = settings.clock().instant();
  }

  synchronized PipelineStatus status() {
    Invariant.that(captured >= filtered, "captured %s, filtered %s", captured, filtered);
    long acknowledged =
        acknowledgedBefore
            + (ledger == null ? 0 : Math.max(0, ledger.acknowledged() - heartbeats.get()));
    return new PipelineStatus(
        settings.name(),
        state,
        since,
        healthy(),
        Optional.ofNullable(position),
        log,
        epoch,
        progress.lagMillis().isPresent()
            ? Optional.of(Duration.ofMillis(progress.lagMillis().getAsLong()))
            : Optional.empty(),
        progress.lastChangeAt(),
        progress.headroom(),
        Optional.ofNullable(heartbeatAt),
        ledger == null ? 0 : ledger.eventsInFlight(),
        ledger == null ? 0 : ledger.bytesInFlight(),
        heldEvents,
        heldKeys,
        gaps,
        new PipelineCounters(
            captured,
            echoes,
            filtered,
            // Counted batch by batch, acknowledgements one by one.
            Math.max(published, acknowledged),
            acknowledged,
            saves,
            retries),
        Optional.ofNullable(lastError),
        Optional.ofNullable(lastErrorAt));
  }

  private boolean healthy() {
    return switch (state) {
      case STANDBY -> true;
      case RUNNING ->
          heldKeys == 0
              && lastSign().plus(settings.healthLimit()).isAfter(settings.clock().instant());
      case NEW, STARTING, RETRYING, FAILED, CLOSING, CLOSED -> false;
    };
  }

  private Instant lastSign() {
    if (!beating) {
      return progressAt;
    }
    Instant beat = heartbeatAt;
    return beat == null || beat.isBefore(beatingSince) ? beatingSince : beat;
  }

  /** Tells the listener how it is, and the log when health changes. */
  void tick() {
    PipelineStatus status = status();
    if (status.healthy() != toldHealthy) {
      toldHealthy = status.healthy();
      if (toldHealthy) {
        LOG.info("Healthy: {}", status);
      } else if (status.state() != PipelineState.CLOSING) {
        LOG.warn("Not healthy: {}", status);
      }
    }
    tell(listener -> listener.status(status));
  }

  private void tell(Consumer<PipelineListener> call) {
    try {
      call.accept(settings.listener());
    } catch (RuntimeException e) {
      LOG.warn("The listener of pipeline '{}' failed; its error is ignored", settings.name(), e);
    }
  }
}
