package io.millrace.cdc.mysql;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceProgress;
import io.millrace.cdc.source.SourceReader;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one server's log from a position on; {@link ReaderOpening} makes it. */
final class MySqlReader implements SourceReader {
  private static final Logger LOG = LoggerFactory.getLogger(MySqlReader.class);

  /** Of rows in one batch: large ones come in batches of few. */
  private static final long MOST_BYTES = 4 << 20;

  private final SourceSettings settings;
  private final String pipeline;
  private final Optional<Duration> kept;
  private final String log;
  private final long epoch;
  private final BinlogStream stream;
  private final TransactionAssembler assembler;
  private final MySqlPosition start;
  private final GtidSet executed;
  private final Clock clock;
  private final SilenceCheck silence;
  private final String captured;
  private @Nullable Runnable firstSave;

  /** XA transactions that wait for their end, by {@link XaId}, in the order of the log. */
  private final Map<String, MySqlPosition.Prepared> prepared;

  /** The last that was given out whole, and what came before it in its domain. */
  private @Nullable Transaction finished;

  private String finishedBefore = "";
  private @Nullable TransactionEvents current;

  /** An event that could not be taken yet. */
  private @Nullable RawEvent again;

  /** How many events the last poll gave, from which the next one's room is guessed. */
  private int lastSize;

  private @Nullable Instant lastChangeAt;

  /** What may have taken a captured table away. */
  private @Nullable String removal;

  MySqlReader(SourceSettings settings, String log, long epoch, MySqlPosition start, Opened opened) {
    this.firstSave = opened.firstSave();
    this.pipeline = opened.pipeline();
    this.kept = opened.kept();
    this.settings = settings;
    this.captured = settings.tables().stored();
    this.log = log;
    this.epoch = epoch;
    this.stream = opened.stream();
    this.assembler = opened.assembler();
    this.start = start;
    this.executed = GtidSet.parse(start.flavour(), start.set());
    this.prepared = new LinkedHashMap<>(opened.prepared());
    this.clock = settings.clock();
    this.silence = new SilenceCheck(settings, opened.pipeline());
  }

  /**
   * A stream, and what turns it into transactions.
   *
   * @param pipeline who reads
   * @param kept how long the server keeps its log files; empty where it purges none by itself
   * @param firstSave leaves a trace at the source when the first position was saved
   * @param prepared XA transactions that were read again and wait for their end, by {@link XaId}
   */
  record Opened(
      String pipeline,
      BinlogStream stream,
      TransactionAssembler assembler,
      Optional<Duration> kept,
      Runnable firstSave,
      Map<String, MySqlPosition.Prepared> prepared) {}

  @Override
  public String log() {
    return log;
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public Position position() {
    return start.toPosition();
  }

  @Override
  public SourceBatch poll(int maxEvents, Duration maxWait) throws InterruptedException {
    failWhereTablesWent();
    long deadline = System.nanoTime() + maxWait.toNanos();
    List<ChangeEvent> events = new ArrayList<>(Math.min(maxEvents, lastSize + 8));
    int echoes = 0;
    long bytes = 0;
    boolean moved = false;
    while (true) {
      TransactionEvents transaction = current;
      if (transaction != null) {
        boolean whole = transaction.fill(events, maxEvents, MOST_BYTES - bytes);
        echoes += transaction.takeEchoes();
        bytes += transaction.takeBytes();
        if (!whole) {
          lastSize = events.size();
          return new SourceBatch(events, null, echoes);
        }
        finish(transaction.transaction());
        moved = true;
        removal = assembler.takeRemoval();
      }
      if (events.size() >= maxEvents || bytes >= MOST_BYTES || removal != null) {
        break;
      }
      long left = deadline - System.nanoTime();
      // With something in hand only what is there already is taken along.
      boolean inHand = !events.isEmpty() || moved;
      if (inHand && left <= 0) {
        break;
      }
      RawEvent event = again != null ? again : stream.next(inHand ? 0 : Math.max(0, left));
      again = null;
      if (event == null) {
        if (!inHand) {
          silence.silent(executed);
        }
        break;
      }
      if (!EventCode.isSilent(event.type())) {
        silence.heard();
      }
      Transaction next;
      try {
        next = assembler.accept(event);
      } catch (Layouts.NotYetException e) {
        again = event;
        break;
      }
      if (next != null) {
        checkXa(next);
      } else if (executed instanceof LogPlace place) {
        assembler.rest(event, place);
      }
      current = next == null ? null : new TransactionEvents(next, settings, log, epoch, pipeline);
    }
    lastSize = events.size();
    return new SourceBatch(events, moved ? reached() : null, echoes);
  }

  /**
   * Everything before the statement was given out, and the statement itself is passed. What is
   * opened next is checked first: a table that is gone stops there, one that came back goes on.
   */
  private void failWhereTablesWent() {
    String statement = removal;
    if (statement != null) {
      throw new SourceException(
          settings.address()
              + ": a captured table was dropped or renamed, which no consumer is told: "
              + statement
              + ". Looking whether it is there again.",
          null,
          true);
    }
  }

  /** Rows that were prepared before anything was read are nowhere to be had. */
  private void checkXa(Transaction transaction) {
    Transaction.Xa xa = transaction.xa();
    if (xa == null || xa.known()) {
      return;
    }
    transaction.events().close();
    throw new LostPositionException(
        String.format(
            Locale.ROOT,
            "%s ends XA transaction %s (%s), which was prepared before the first transaction that"
                + " pipeline '%s' has read: its changes are not known. Accept the gap or backfill,"
                + " and begin where no XA transaction is prepared (XA RECOVER).",
            settings.address(),
            xa.id(),
            transaction.gtid(),
            pipeline));
  }

  private void finish(Transaction transaction) {
    transaction.events().close();
    current = null;
    lastChangeAt = transaction.committedAt();
    String before = executed.before(transaction.gtid());
    executed.add(transaction.gtid());
    Transaction.Xa xa = transaction.xa();
    if (xa != null && xa.prepares()) {
      prepared.put(xa.id(), new MySqlPosition.Prepared(transaction.gtid(), before));
    } else if (xa != null) {
      prepared.remove(xa.id());
    }
    finished = transaction;
    finishedBefore = before;
  }

  /** Only made where somebody will see it: once a batch, however many transactions are in it. */
  private Position reached() {
    Transaction last = finished;
    if (last == null) {
      return start.toPosition();
    }
    return new MySqlPosition(
            start.flavour(),
            start.server(),
            last.file(),
            last.offset(),
            last.gtid(),
            finishedBefore,
            last.hash(),
            executed.toString(),
            List.copyOf(prepared.values()),
            captured)
        .toPosition();
  }

  /** Ends a wait of {@link #poll}; any thread. */
  void wakeUp() {
    stream.wakeUp();
  }

  @Override
  public void saved(Position position) {
    Runnable trace = firstSave;
    if (trace != null) {
      try {
        trace.run();
        firstSave = null;
      } catch (SourceException e) {
        LOG.warn("Could not note that this pipeline has run; the next save tries again", e);
      }
    }
  }

  @Override
  public SourceProgress progress() {
    Instant last = lastChangeAt;
    if (last == null) {
      return SourceProgress.unknown();
    }
    boolean drained = current == null && stream.isDrained();
    long lag = drained ? 0 : Math.max(0, Duration.between(last, clock.instant()).toMillis());
    // At least: a file is purged so long after it was written last, not after its first change.
    Optional<Duration> headroom =
        kept.map(whole -> whole.minusMillis(lag)).map(d -> d.isNegative() ? Duration.ZERO : d);
    return new SourceProgress(Optional.of(last), OptionalLong.of(lag), headroom);
  }

  @Override
  public void close() {
    stream.close();
    assembler.close();
    TransactionEvents unfinished = current;
    if (unfinished != null) {
      unfinished.transaction().events().close();
    }
  }
}
