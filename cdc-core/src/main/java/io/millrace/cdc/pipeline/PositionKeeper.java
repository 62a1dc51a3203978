package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which position a session has reached, everything before it being acknowledged or held, and which
 * one is saved; saves it, and with it the epoch and the events held before it. Capture thread only.
 */
final class PositionKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  /**
   * A position that moved without events, heartbeats not counted, is saved this much more rarely:
   * where the store lives in the captured database, every save moves the log again.
   */
  private static final int IDLE_FACTOR = 30;

  private final PipelineSettings settings;
  private final StatusBoard board;
  private final LeaseKeeper lease;
  private final SourceReader reader;
  private final AckLedger ledger;
  private final Heart heart;
  private final Holds holds;

  /** Held before {@link #reached}, so they are stored with it. */
  private final List<UnpublishedEvent> due = new ArrayList<>();

  private long epoch;
  private @Nullable Position reached;
  private @Nullable Position saved;
  private long lastSaveNanos = System.nanoTime();
  private long savedAcknowledged;

  /** Is kept with the first position. */
  private @Nullable AcceptedGap gap;

  PositionKeeper(
      PipelineSettings settings,
      StatusBoard board,
      LeaseKeeper lease,
      SourceReader reader,
      AckLedger ledger,
      Heart heart,
      Holds holds) {
    this.settings = settings;
    this.board = board;
    this.lease = lease;
    this.reader = reader;
    this.ledger = ledger;
    this.heart = heart;
    this.holds = holds;
  }

  /** Saves what must stand before the first event: a first position, a risen epoch. */
  void begin(ReaderStart start, @Nullable AcceptedGap accepted) {
    epoch = reader.epoch();
    gap = accepted;
    Invariant.that(
        epoch > start.epoch() || (epoch == start.epoch() && !start.gapAccepted()),
        "the reader of %s has epoch %s after %s",
        settings.source().describe(),
        epoch,
        start);
    if (start.position().isEmpty() || epoch > start.epoch()) {
      save(reader.position());
    } else {
      saved = start.position().get();
      board.stored(saved, epoch);
    }
    reached = saved;
  }

  /** The epoch that is stored, under which events may be published. */
  long epoch() {
    return epoch;
  }

  /** The position saved last; null before the first. */
  @Nullable Position saved() {
    return saved;
  }

  /** Whether nothing but heartbeats was acknowledged since a position was saved. */
  boolean onlyHeartbeatsSince() {
    return ledger.acknowledged() - heart.acknowledgements().get() <= savedAcknowledged
        && due.isEmpty();
  }

  /** Saves the position that is reached now, unless it is saved. */
  void saveReached() {
    advance();
    Position newest = reached;
    if (newest != null && isDue(newest)) {
      save(newest);
    }
  }

  /** Events of this routing key that are still to be stored are not held any more. */
  void dropDue(String routingKey) {
    advance();
    due.removeIf(event -> event.routingKey().equals(routingKey));
  }

  private boolean isDue(Position position) {
    return !position.equals(saved) || !due.isEmpty();
  }

  /** Saves the position that is reached now, as often as the settings say. */
  void saveWhenDue() {
    advance();
    Position newest = reached;
    if (newest == null || !isDue(newest)) {
      return;
    }
    long interval = settings.saveInterval().toNanos();
    if (onlyHeartbeatsSince()) {
      interval *= IDLE_FACTOR;
    }
    if (System.nanoTime() - lastSaveNanos < interval) {
      return;
    }
    try {
      save(newest);
    } catch (FencedException e) {
      throw e;
    } catch (PositionException e) {
      if (!e.retryable()) {
        throw e;
      }
      // Nothing is lost by saving later; the lease decides how long that may go on.
      lastSaveNanos = System.nanoTime();
      board.error(e);
      LOG.warn("Pipeline '{}' could not save its position yet", settings.name(), e);
    }
  }

  /** An epoch that rose under the reader is stored before anything is published under it. */
  void followEpoch() {
    long now = reader.epoch();
    if (now != epoch) {
      Invariant.that(now > epoch, "the reader's epoch fell from %s to %s", epoch, now);
      epoch = now;
      advance();
      Position resume = reached;
      if (resume == null) {
        throw Invariant.broken("a running session has no position");
      }
      save(resume);
    }
  }

  private void advance() {
    Position newest = ledger.advance();
    if (newest != null) {
      reached = newest;
    }
    due.addAll(ledger.takeDue());
    heart.passed(ledger.passed());
  }

  private void save(Position position) {
    long acknowledged = ledger.acknowledged() - heart.acknowledgements().get();
    try {
      if (gap != null) {
        settings.positions().saveAfter(lease.lease(), gap);
        gap = null;
      } else if (due.isEmpty()) {
        settings.positions().save(lease.lease(), Optional.of(position), epoch);
      } else {
        holds.store().save(lease.lease(), Optional.of(position), epoch, List.copyOf(due));
      }
    } catch (FencedException e) {
      lease.lost();
      throw e;
    }
    holds.stored(due);
    due.clear();
    saved = position;
    savedAcknowledged = acknowledged;
    lastSaveNanos = System.nanoTime();
    board.saved(position, epoch);
    reader.saved(position);
    if (!board.holding()) {
      heart.saved(ledger.reached()); // else the position has passed what is still to be published
    }
  }
}
