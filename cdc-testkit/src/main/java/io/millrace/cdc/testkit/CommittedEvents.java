package io.millrace.cdc.testkit;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a test's transactions left for a pipeline to publish: captured changes and what was appended
 * to the outbox. Proves in a user's own test that a commit leaves its events and a rollback
 * nothing, without waiting for something that never comes:
 *
 * <pre>{@code
 * try (CommittedEvents events = CommittedEvents.of(source)) {
 *   assertThrows(OutOfStock.class, () -> shop.order(tooMany)); // appends, then rolls back
 *   assertThat(events.take()).isEmpty();
 *   shop.order(few);
 *   assertThat(events.take()).extracting(ChangeEvent::entity).containsExactly("order");
 * }
 * }</pre>
 *
 * <p>It is a reader of its own beside those of pipelines, under the name {@value #READER}: use a
 * test's database, since PostgreSQL's change log is kept for it. The source must be installed with
 * a place for heartbeats, and its user must be allowed to write them. Used by one thread.
 */
public final class CommittedEvents implements AutoCloseable {
  /** The name under which it registers at the source. */
  public static final String READER = "millrace-committed-events";

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration STEP = Duration.ofMillis(200);
  private static final int MOST = 1000;

  private final Source source;
  private final SourceReader reader;
  private long beats;

  private CommittedEvents(Source source, SourceReader reader) {
    this.source = source;
    this.reader = reader;
  }

  /**
   * Begins to watch: what was committed before is not seen.
   *
   * @throws io.millrace.cdc.error.MillraceException where the source cannot be read
   */
  public static CommittedEvents of(Source source) {
    Check.notNull(source, "source");
    SourceReader reader =
        source.open(new ReaderStart(READER, Optional.empty(), 0, FirstStart.NOW, true));
    return new CommittedEvents(source, reader);
  }

  /**
   * Everything that was committed since the last call, or since the beginning, in the log's order.
   * Transactions that are still open are not waited for.
   *
   * @throws IllegalStateException where the source has no place for heartbeats, or the log did not
   *     answer within a minute
   * @throws io.millrace.cdc.error.MillraceException where the source cannot be read
   */
  public List<ChangeEvent> take() {
    long beat = ++beats;
    Heartbeat heartbeat = new Heartbeat(READER, beat, Ambient.clock().instant(), Optional.empty());
    Check.state(
        source.beat(heartbeat),
        "%s has no place for heartbeats, by which the end of what was committed is told: install it, or grant this user to write them",
        source.describe());
    source.wakeUp();
    List<ChangeEvent> taken = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    boolean reached = false;
    while (!reached) {
      Check.state(
          System.nanoTime() - deadline < 0,
          "%s did not give back a heartbeat within %s; it gave %s",
          source.describe(),
          LIMIT,
          taken);
      for (ChangeEvent event : poll()) {
        if (!Heartbeat.is(event)) {
          taken.add(event);
        } else {
          reached |= Heartbeat.of(event).counter() == beat;
        }
      }
    }
    return taken;
  }

  private List<ChangeEvent> poll() {
    try {
      return reader.poll(MOST, STEP).events();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading " + source.describe(), e);
    }
  }

  /** Stops watching. */
  @Override
  public void close() {
    reader.close();
  }
}
