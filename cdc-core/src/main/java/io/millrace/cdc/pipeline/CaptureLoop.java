package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.internal.EndpointCheck;
import io.millrace.cdc.internal.Outcome;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.StoredPosition;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the capture thread does from its start to its end: sessions, and what lies between them. */
final class CaptureLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private final StatusBoard board;
  private final StopSignal stop;
  private final LeaseKeeper lease;
  private final Backoff backoff;
  private final Refusals refusals = new Refusals();
  private final Commands commands;
  private final Outcome start;

  /** Both ends were found in order once: only then is a lease worth having. */
  private boolean sound;

  /** They were, a moment ago. */
  private boolean checked;

  /** Why the next session starts without a position, where the policy allows it. */
  private @Nullable LostPositionException accepted;

  /**
   * @param start is told what the first attempt came to
   */
  CaptureLoop(
      PipelineSettings settings,
      StatusBoard board,
      StopSignal stop,
      Commands commands,
      Outcome start) {
    this.start = start;
    this.settings = settings;
    this.board = board;
    this.stop = stop;
    this.commands = commands;
    this.lease = new LeaseKeeper(settings, board);
    this.backoff = new Backoff(settings.retryMin(), settings.retryMax());
  }

  @Override
  public void run() {
    try {
      while (!stop.requested() && board.state() != PipelineState.FAILED) {
        session();
      }
    } catch (InterruptedException e) {
      // The thread is the pipeline's own: only close() interrupts it, past its deadline.
      LOG.warn("Pipeline '{}' was interrupted and ends", settings.name());
    } finally {
      start.good();
      commands.end();
      lease.release();
    }
  }

  private void session() throws InterruptedException {
    try {
      board.become(PipelineState.STARTING);
      checked = false;
      if (!sound) {
        // Before the lease: an instance that could never take over must not stand by.
        check();
        sound = true;
      }
      if (standBy()) {
        read();
      }
    } catch (FencedException e) {
      lease.lost();
      board.error(e);
      LOG.warn("Pipeline '{}' lost its lease: {}", settings.name(), e.getMessage());
    } catch (LostPositionException e) {
      lost(e);
    } catch (MillraceException e) {
      if (e.retryable()) {
        retry(e);
      } else {
        board.failed(e);
        start.failed(e);
      }
    } catch (RuntimeException | Error e) {
      board.failed(e);
      start.failed(e);
    }
  }

  /** Waits until the lease is held; false where the pipeline ends before. */
  private boolean standBy() throws InterruptedException {
    while (!stop.requested()) {
      if (lease.acquire()) {
        board.become(PipelineState.STARTING);
        return true;
      }
      board.become(PipelineState.STANDBY);
      start.good();
      checked = false;
      stop.await(Math.min(settings.leaseDuration().toNanos() / 5, 1_000_000_000L));
    }
    return false;
  }

  private void read() throws InterruptedException {
    Optional<StoredPosition> stored = settings.positions().load(lease.lease());
    if (accepted == null && stored.isPresent() && stored.get().position().isEmpty()) {
      throw new LostPositionException(
          "Pipeline '%s' ran before (epoch %s, last saved %s) and %s holds no position of it any more."
              .formatted(
                  settings.name(),
                  stored.get().epoch(),
                  stored.get().savedAt(),
                  settings.positions().describe()));
    }
    check();
    checked = false;
    board.gaps(settings.positions().gaps(lease.lease()));
    ReaderStart from = start(stored);
    try (SourceReader reader = settings.source().open(from);
        CaptureSession session =
            new CaptureSession(settings, board, stop, lease, reader, refusals, commands)) {
      AcceptedGap gap = accepted == null ? null : gap(accepted, stored, reader);
      session.begin(from, gap);
      if (gap != null) {
        board.gapAccepted(gap);
        accepted = null;
      }
      board.become(PipelineState.RUNNING);
      start.good();
      session.pump(backoff);
    }
  }

  private AcceptedGap gap(
      LostPositionException lost, Optional<StoredPosition> stored, SourceReader reader) {
    return new AcceptedGap(
        settings.clock().instant(),
        String.valueOf(lost.getMessage()),
        stored.flatMap(StoredPosition::position),
        reader.position(),
        reader.epoch());
  }

  private ReaderStart start(Optional<StoredPosition> stored) {
    long epoch = stored.map(StoredPosition::epoch).orElse(0L);
    if (accepted != null) {
      return new ReaderStart(settings.name(), Optional.empty(), epoch, FirstStart.OLDEST, true);
    }
    return new ReaderStart(
        settings.name(), stored.flatMap(StoredPosition::position), epoch, settings.firstStart());
  }

  private void check() {
    if (!checked) {
      EndpointCheck ends = new EndpointCheck("Pipeline '" + settings.name() + "'", LOG);
      ends.look(settings.source()::preflight);
      ends.look(settings.publisher()::preflight);
      ends.finish("pipeline '" + settings.name() + "'");
      checked = true;
    }
  }

  private void lost(LostPositionException e) {
    boolean again = accepted != null;
    switch (settings.lostPosition()) {
      case STOP ->
          board.failed(
              new LostPositionException(
                  e.getMessage()
                      + " To go on without what lies between, start the pipeline once with lostPosition(LostPosition.ACCEPT_GAP).",
                  e));
      case ACCEPT_GAP -> {
        if (again) {
          board.failed(e);
        } else {
          accepted = e;
        }
      }
    }
  }

  private void retry(MillraceException e) throws InterruptedException {
    Duration pause = backoff.next();
    board.become(PipelineState.RETRYING);
    board.retrying(e, pause);
    start.good();
    stop.await(pause.toNanos());
  }
}
