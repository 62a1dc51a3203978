package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceProgress;
import io.millrace.cdc.source.SourceReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log of transactions in memory, and the source that replays it from a position. */
final class ScriptedLog implements Source {
  private final List<List<ChangeEvent>> transactions = new ArrayList<>();
  private final List<Position> savedAtReader = new ArrayList<>();
  private int purged;
  private boolean reachable = true;
  private String identity = "A";
  private long clockSeconds = 1_000;
  private List<Finding> findings = List.of();
  private int opened;
  private boolean woken;
  private boolean answering = true;
  private @Nullable SourceException openingFailure;

  static ChangeEvent event(int number) {
    return event(number, number % 7);
  }

  static ChangeEvent event(int number, int key) {
    Row row = Row.builder().put("id", Value.of(key)).put("number", Value.of(number)).build();
    return ChangeEvent.builder()
        .entity("item")
        .key(Row.of("id", Value.of(key)))
        .type(ChangeType.CREATED)
        .newValue(row)
        .changedFields(row.names().asList())
        .source("shop")
        .log("shop-1")
        .changedAt(Instant.EPOCH)
        .version(Version.of(1, ByteBuffer.allocate(8).putLong(number).array()))
        .build();
  }

  synchronized void commit(ChangeEvent... events) {
    transactions.add(List.of(events));
    notifyAll();
  }

  void commitNumbers(int from, int count) {
    for (int i = from; i < from + count; i++) {
      commit(event(i));
    }
  }

  synchronized void reachable(boolean is) {
    reachable = is;
    notifyAll();
  }

  /** Whether preflight gets an answer; while not, it waits. */
  synchronized void answering(boolean does) {
    answering = does;
    notifyAll();
  }

  synchronized void failNextOpening(SourceException failure) {
    openingFailure = failure;
  }

  synchronized void refuse(Finding... refused) {
    findings = List.of(refused);
  }

  /** What reading yields from here on is under another identity of the log: the epoch rises. */
  synchronized void failOver(String to) {
    identity = to;
  }

  synchronized void purge(int count) {
    purged = count;
  }

  synchronized int opened() {
    return opened;
  }

  synchronized List<Position> savedAtReader() {
    return List.copyOf(savedAtReader);
  }

  @Override
  public String service() {
    return "shop";
  }

  @Override
  public String describe() {
    return "scripted log";
  }

  @Override
  public synchronized List<Finding> preflight() {
    try {
      while (!answering) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException("interrupted", e, true);
    }
    checkReachable();
    return findings;
  }

  @Override
  public synchronized SourceReader open(ReaderStart start) {
    checkReachable();
    SourceException failure = openingFailure;
    if (failure != null) {
      openingFailure = null;
      throw failure;
    }
    opened++;
    int index;
    long epoch;
    if (start.position().isPresent()) {
      String[] parts = start.position().get().text().split(":", -1);
      index = Integer.parseInt(parts[1]);
      if (index < purged) {
        throw new LostPositionException("Transaction " + index + " is purged.");
      }
      epoch = parts[0].equals(identity) ? start.epoch() : rise(start.epoch());
    } else {
      index = start.firstStart() == FirstStart.OLDEST ? purged : transactions.size();
      epoch = rise(start.epoch());
    }
    return new Reader(index, epoch, position(index));
  }

  @Override
  public synchronized void wakeUp() {
    woken = true;
    notifyAll();
  }

  private long rise(long stored) {
    return Math.max(stored + 1, clockSeconds);
  }

  private Position position(int index) {
    return new Position("scripted", 1, identity + ":" + index);
  }

  private void checkReachable() {
    if (!reachable) {
      throw new SourceException("the server is away", null, true);
    }
  }

  private final class Reader implements SourceReader {
    private int index;
    private int within;
    private final long epoch;
    private final Position start;

    Reader(int index, long epoch, Position start) {
      this.index = index;
      this.epoch = epoch;
      this.start = start;
    }

    @Override
    public String log() {
      return "shop-1";
    }

    @Override
    public long epoch() {
      return epoch;
    }

    @Override
    public Position position() {
      return start;
    }

    @Override
    public SourceBatch poll(int maxEvents, Duration maxWait) throws InterruptedException {
      synchronized (ScriptedLog.this) {
        long deadline = System.nanoTime() + maxWait.toNanos();
        while (reachable && !woken && index >= transactions.size()) {
          long left = (deadline - System.nanoTime()) / 1_000_000;
          if (left <= 0) {
            break;
          }
          ScriptedLog.this.wait(left);
        }
        woken = false;
        checkReachable();
        return read(maxEvents);
      }
    }

    private SourceBatch read(int maxEvents) {
      List<ChangeEvent> events = new ArrayList<>();
      Position reached = null;
      while (index < transactions.size() && events.size() < maxEvents) {
        List<ChangeEvent> transaction = transactions.get(index);
        int take = Math.min(transaction.size() - within, maxEvents - events.size());
        events.addAll(transaction.subList(within, within + take));
        within += take;
        reached = null;
        if (within == transaction.size()) {
          index++;
          within = 0;
          reached = ScriptedLog.this.position(index);
        }
      }
      return new SourceBatch(events, reached, 0);
    }

    @Override
    public void saved(Position position) {
      synchronized (ScriptedLog.this) {
        savedAtReader.add(position);
      }
    }

    @Override
    public SourceProgress progress() {
      return SourceProgress.unknown();
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }
}
