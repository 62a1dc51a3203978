package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceProgress;
import io.millrace.cdc.source.SourceReader;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Polls the change log. Used by one thread, but for {@link #wakeUp()}. */
final class PostgresReader implements SourceReader {
  private static final long SHORTEST_IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /**
   * So long apart are looks at the log's end, however often somebody wakes the reader: looking
   * costs the server as much as a small transaction, and what came meanwhile is read at once.
   */
  private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /**
   * The log is looked at again after this part of the time since the last change: what comes waits
   * that part longer at most than the silence before it, and a long silence costs few looks.
   */
  private static final int PART_OF_SILENCE = 4;

  /** After so long without a change the log is looked at less often. */
  private static final long QUIET_AFTER_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int QUIET_FACTOR = 4;
  private static final int MOST_ROWS_WITHOUT_EVENT = 10_000;

  private final PostgresSource source;
  private final ReaderSession session;
  private final LogCursor cursor;
  private final EventMaker events;
  private final TableWatch watch;
  private final LogKeeper keeper;
  private final PreparedTransactions prepared = new PreparedTransactions();
  private final long epoch;
  private final Position startedAt;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Deque<ChangeEvent> heldBack = new ArrayDeque<>();
  private long nextQueryNanos = System.nanoTime();
  private long lastLookNanos = nextQueryNanos - BETWEEN_LOOKS_NANOS;
  private long lastChangeNanos = nextQueryNanos;

  /** When there was last a reason to expect more: a change, or a word that there is one. */
  private long lastSignNanos = nextQueryNanos;

  private @Nullable Instant lastChangeAt;

  PostgresReader(
      PostgresSource source,
      ReaderSession session,
      LogCursor cursor,
      EventMaker events,
      TableWatch watch,
      LogKeeper keeper,
      long epoch) {
    this.source = source;
    this.session = session;
    this.cursor = cursor;
    this.events = events;
    this.watch = watch;
    this.keeper = keeper;
    this.epoch = epoch;
    this.startedAt = cursor.position().encode();
  }

  @Override
  public String log() {
    return events.log();
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public Position position() {
    return startedAt;
  }

  @Override
  public SourceBatch poll(int maxEvents, Duration maxWait) throws InterruptedException {
    long deadline = System.nanoTime() + maxWait.toNanos();
    boolean woken = false;
    while (true) {
      long looked = lastLookNanos;
      SourceBatch batch = next(maxEvents);
      if (!batch.events().isEmpty()
          || batch.position() != null
          || (woken && looked != lastLookNanos)) {
        return batch;
      }
      awaitSoonestLook(deadline);
      long now = System.nanoTime();
      long wait = Math.min(nextQueryNanos - now, deadline - now);
      if (wakeUps.tryAcquire(Math.max(wait, 0), TimeUnit.NANOSECONDS)) {
        wakeUps.drainPermits();
        woken = true;
        lastSignNanos = System.nanoTime();
        nextQueryNanos = lastLookNanos + BETWEEN_LOOKS_NANOS;
      } else if (System.nanoTime() - deadline >= 0) {
        return SourceBatch.empty();
      }
    }
  }

  /**
   * Waits until a look may be taken at all. Who wakes the reader meanwhile only leaves word: to
   * wake its thread for nothing, once for each transaction of a busy writer, would cost as much as
   * what it reads.
   */
  private void awaitSoonestLook(long deadline) throws InterruptedException {
    long soonest = Math.min(lastLookNanos + BETWEEN_LOOKS_NANOS - deadline, 0) + deadline;
    long wait = soonest - System.nanoTime();
    while (wait > 0) {
      LockSupport.parkNanos(wait);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      wait = soonest - System.nanoTime();
    }
  }

  /** What is there now, without waiting. */
  private SourceBatch next(int maxEvents) throws InterruptedException {
    try {
      if (heldBack.isEmpty() && !cursor.hasMore()) {
        long now = System.nanoTime();
        if (now - nextQueryNanos < 0) {
          return SourceBatch.empty();
        }
        if (watch.check()) {
          checkKept();
          prepared.tell(session.connection());
        }
        keeper.tend(session.connection(), isQuiet(now));
        lastLookNanos = now;
        cursor.look();
        nextQueryNanos = System.nanoTime() + idleNanos(now);
      }
      return fill(maxEvents);
    } catch (SQLException e) {
      throw Sql.failure(
          "The change log of " + source.describe() + " at " + source.address() + " cannot be read",
          e);
    }
  }

  private long idleNanos(long now) {
    long usual = source.longestIdle().toNanos();
    long longest = isQuiet(now) ? usual * QUIET_FACTOR : usual;
    long silence = now - lastSignNanos;
    return Math.min(Math.max(silence / PART_OF_SILENCE, SHORTEST_IDLE_NANOS), longest);
  }

  private boolean isQuiet(long now) {
    return now - lastChangeNanos > QUIET_AFTER_NANOS;
  }

  /** A hard limit may have dropped what was to be read; its mark stays until somebody decides. */
  private void checkKept() {
    Optional<String> lost = watch.lost(cursor.position().nonce());
    if (lost.isPresent()) {
      throw LogOpening.dropped(session.pipeline(), lost.get());
    }
  }

  private SourceBatch fill(int maxEvents) throws SQLException, InterruptedException {
    List<ChangeEvent> batch = new ArrayList<>();
    int echoes = 0;
    boolean moved = false;
    Instant changed = null;
    for (int rows = 0; batch.size() < maxEvents && rows < maxEvents + MOST_ROWS_WITHOUT_EVENT; ) {
      ChangeEvent held = heldBack.poll();
      if (held != null) {
        batch.add(held);
        moved = true;
        continue;
      }
      LogRow row = cursor.next(batch.isEmpty());
      if (row == null) {
        break;
      }
      rows++;
      moved = true;
      if (HeartbeatRows.is(row)) {
        heldBack.addAll(events.heartbeat(row, session.pipeline()));
        continue;
      }
      changed = row.at();
      if (row.applied() && events.concerns(row)) {
        echoes++;
      } else if (!row.applied()) {
        heldBack.addAll(events.events(row));
      }
    }
    if (changed != null) {
      lastChangeAt = changed;
      // Heartbeats alone do not make the reader hurry.
      lastChangeNanos = System.nanoTime();
      lastSignNanos = lastChangeNanos;
      nextQueryNanos = lastLookNanos + BETWEEN_LOOKS_NANOS;
    }
    if (!moved) {
      return SourceBatch.empty();
    }
    return new SourceBatch(
        batch, heldBack.isEmpty() && cursor.atRest() ? cursor.position().encode() : null, echoes);
  }

  @Override
  public void saved(Position position) {
    session.register(position);
  }

  @Override
  public SourceProgress progress() {
    Instant last = lastChangeAt;
    OptionalLong lag = OptionalLong.empty();
    if (heldBack.isEmpty() && !cursor.hasMore()) {
      lag = OptionalLong.of(0);
    } else if (last != null) {
      lag = OptionalLong.of(Math.max(0, Duration.between(last, cursor.serverTime()).toMillis()));
    }
    return new SourceProgress(Optional.ofNullable(last), lag, source.retention().headroom(lag));
  }

  /** Ends the wait under way, or the next one; any thread. */
  void wakeUp() {
    if (wakeUps.availablePermits() == 0) {
      wakeUps.release();
    }
  }

  @Override
  public void close() {
    source.forget(this);
    session.close();
  }

  /** For messages. */
  @Override
  public String toString() {
    return "reader of " + source.describe();
  }

  /** What is thrown where somebody took a captured table out of the log's sight. */
  static SourceException refused(List<Finding> findings) {
    StringBuilder text = new StringBuilder("Changes would be lost:");
    findings.forEach(finding -> text.append("\n- ").append(finding));
    return new SourceException(text.toString());
  }
}
