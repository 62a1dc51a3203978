package io.millrace.cdc.mysql;

import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One reader in a test, and what it has read. */
final class Reading implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final SourceReader reader;
  private int echoes;
  private @Nullable Position position;

  private Reading(SourceReader reader) {
    this.reader = reader;
    this.position = reader.position();
  }

  /** From now on. */
  static Reading start(MySqlSource source) {
    return new Reading(source.open(new ReaderStart("test", Optional.empty(), 0, FirstStart.NOW)));
  }

  /** From the oldest event left. */
  static Reading oldest(MySqlSource source) {
    return new Reading(
        source.open(new ReaderStart("test", Optional.empty(), 0, FirstStart.OLDEST)));
  }

  /** From a position. */
  static Reading resume(MySqlSource source, Position position, long epoch) {
    return new Reading(
        source.open(new ReaderStart("test", Optional.of(position), epoch, FirstStart.NOW)));
  }

  SourceReader reader() {
    return reader;
  }

  /** The last position that a batch carried. */
  Position position() {
    return java.util.Objects.requireNonNull(position);
  }

  /** How many echoes were left out. */
  int echoes() {
    return echoes;
  }

  /** Polls once. */
  List<ChangeEvent> poll() throws InterruptedException {
    SourceBatch batch = reader.poll(1000, Duration.ofMillis(100));
    echoes += batch.echoes();
    if (batch.position() != null) {
      position = batch.position();
    }
    return batch.events();
  }

  /** Reads so many events; more are a failure. */
  List<ChangeEvent> read(int count) throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (events.size() < count) {
      if (System.nanoTime() > deadline) {
        fail("waited for " + count + " events, got " + events);
      }
      events.addAll(poll());
    }
    if (events.size() > count) {
      fail("more than " + count + " events came: " + events);
    }
    return events;
  }

  @Override
  public void close() {
    reader.close();
  }
}
