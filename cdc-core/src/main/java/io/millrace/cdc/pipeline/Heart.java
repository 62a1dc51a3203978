package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Ticker;
import io.millrace.cdc.transport.PublishCallback;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The heartbeats of one session: a thread of its own writes them, since a database that hangs must
 * not keep the capture thread waiting; the capture thread follows those that come back.
 */
final class Heart implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  /** One that came back and was published. */
  private record Sent(long batch, Heartbeat.Mark mark) {}

  private final PipelineSettings settings;
  private final StatusBoard board;
  private final AtomicLong acknowledgements = new AtomicLong();

  /** The newest one that the saved position has passed; written by the capture thread. */
  private volatile Heartbeat.@Nullable Mark saved;

  // Of the capture thread.
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();
  private final ArrayDeque<Sent> passed = new ArrayDeque<>();
  private @Nullable Ticker ticker;

  // Of the ticker's thread.
  private long counter;
  private String complained = "";

  Heart(PipelineSettings settings, StatusBoard board) {
    this.settings = settings;
    this.board = board;
  }

  void start() {
    ticker =
        Ticker.start(
            "millrace-" + settings.name() + "-heartbeat", settings.heartbeatInterval(), this::beat);
  }

  private void beat() {
    Heartbeat heartbeat =
        new Heartbeat(
            settings.name(), ++counter, settings.clock().instant(), Optional.ofNullable(saved));
    try {
      board.beating(settings.source().beat(heartbeat));
      complained = "";
    } catch (MillraceException e) {
      if (!e.retryable()) {
        board.beating(false); // a missing grant: progress must do
      }
      String complaint = String.valueOf(e.getMessage());
      if (!complaint.equals(complained)) {
        complained = complaint;
        LOG.warn(
            "Pipeline '{}' could not write its heartbeat; it tries again every {}: {}",
            settings.name(),
            settings.heartbeatInterval(),
            complaint);
      }
    }
  }

  /** How many of the acknowledged messages were heartbeats. */
  AtomicLong acknowledgements() {
    return acknowledgements;
  }

  /** Counts the acknowledgement before it is told, so that heartbeats never pass for events. */
  PublishCallback counting(PublishCallback callback) {
    return new PublishCallback() {
      @Override
      public void acknowledged() {
        acknowledgements.incrementAndGet();
        callback.acknowledged();
      }

      @Override
      public void failed(TransportException error) {
        callback.failed(error);
      }
    };
  }

  /** A heartbeat came back in this batch and was handed to the transport. */
  void sent(long batch, ChangeEvent event) {
    sent.add(new Sent(batch, new Heartbeat.Mark(event.version(), event.changedAt())));
  }

  /** Everything up to this batch is acknowledged. */
  void passed(long batch) {
    Sent next = sent.peek();
    while (next != null && next.batch <= batch) {
      board.heartbeat(next.mark.writtenAt());
      passed.add(sent.remove());
      next = sent.peek();
    }
  }

  /** A position was saved that no batch up to this one will be read before. */
  void saved(long batch) {
    Sent next = passed.peek();
    while (next != null && next.batch <= batch) {
      saved = passed.remove().mark;
      next = passed.peek();
    }
  }

  @Override
  public void close() {
    Ticker running = ticker;
    if (running != null) {
      running.close();
    }
  }
}
