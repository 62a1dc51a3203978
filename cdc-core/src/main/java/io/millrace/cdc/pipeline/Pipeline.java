package io.millrace.cdc.pipeline;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Outcome;
import io.millrace.cdc.internal.Ticker;
import io.millrace.cdc.position.UnpublishedKey;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the changes of one source: in order per routing key, each at least once, none lost.
 *
 * <p>Several instances of one pipeline (same name, same position store) may be started: one runs,
 * the others stand by and take over when it ends. All methods may be called by any thread.
 */
public final class Pipeline implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private final StatusBoard board;
  private final StopSignal stop = new StopSignal();
  private final Commands commands;
  private final Object lifecycle = new Object();
  private @Nullable Thread thread; // guarded by lifecycle
  private @Nullable Ticker monitor; // guarded by lifecycle

  Pipeline(PipelineSettings settings) {
    this.settings = settings;
    this.board = new StatusBoard(settings);
    this.commands = new Commands(settings, board);
  }

  /**
   * A builder.
   *
   * @param name names the pipeline's position and lease, its thread and its metrics: letters,
   *     digits, dot, underscore and hyphen, at most 100; must not change over the pipeline's life
   */
  public static PipelineBuilder builder(String name) {
    return new PipelineBuilder(name);
  }

  /** The pipeline's name. */
  public String name() {
    return settings.name();
  }

  /**
   * Starts the pipeline, and waits for its first attempt: until it runs, stands by, or was told to
   * wait for a server. May be called once.
   *
   * <p>A server that cannot be reached is no error: it is tried again, and {@link #status()} tells.
   * Nor is a lost position: its policy decides, and the status tells. A server that answers later
   * than {@link PipelineBuilder#startTimeout} is not waited for here; what is found wrong then
   * shows as {@link PipelineState#FAILED}.
   *
   * <p>Where this throws, the pipeline is {@link PipelineState#FAILED}, and its publisher and
   * position store are closed.
   *
   * @throws io.millrace.cdc.error.ConfigurationException with every problem that preflight found at
   *     source and transport
   * @throws io.millrace.cdc.error.MillraceException where something else can never work, such as a
   *     password that the server refuses
   * @throws IllegalStateException when it was started or closed before
   */
  public void start() {
    Outcome outcome = new Outcome();
    synchronized (lifecycle) {
      Check.state(
          thread == null && board.become(PipelineState.STARTING),
          "pipeline '%s' is %s and can be started only once; build a new one",
          settings.name(),
          board.state());
      LOG.info("Starting {}; fingerprint {}", settings.describe(), settings.fingerprint());
      Thread capture =
          new Thread(
              new CaptureLoop(settings, board, stop, commands, outcome),
              "millrace-" + settings.name() + "-capture");
      capture.setDaemon(true);
      capture.start();
      thread = capture;
      monitor =
          Ticker.start(
              "millrace-" + settings.name() + "-monitor",
              settings.heartbeatInterval(),
              board::tick);
    }
    // Without the lock: close() must not wait for a start under way.
    outcome.await(settings.startTimeout(), this::giveUp);
  }

  /** After a start that failed: the status stays, nothing else does. */
  private void giveUp() {
    synchronized (lifecycle) {
      if (release(settings.closeTimeout())) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Wakes the reader, so that a change committed just now need not wait for the next poll. Never
   * blocks, and never waits for the change to be published. Does nothing where this instance stands
   * by or does not run: the instance that runs is not told, and finds the change with its next
   * poll, after the source's longest idle interval at the latest (PostgreSQL: {@code longestIdle},
   * 500 ms by default, four times that after a quiet minute; other databases send changes by
   * themselves).
   */
  public void flush() {
    if (board.state() == PipelineState.RUNNING) {
      settings.source().wakeUp();
    }
  }

  /** What the pipeline is doing. */
  public PipelineStatus status() {
    return board.status();
  }

  /**
   * Routing keys whose events wait because the first of them cannot be published, oldest first. The
   * pipeline must run, on this instance.
   */
  public List<UnpublishedKey> held() {
    return commands.submit(Commands.Kind.LIST, "").held();
  }

  /**
   * Tries to publish what waits of a routing key now, in order. What is held at the hop limit is
   * published by this alone.
   *
   * @return whether nothing of it waits any more
   */
  public boolean replay(String routingKey) {
    return commands.submit(Commands.Kind.REPLAY, routingKey).done();
  }

  /**
   * Drops what waits of a routing key for good: consumers never see these events. A crash within
   * the next moments may read the newest of them again.
   *
   * @return whether any waited
   */
  public boolean discard(String routingKey) {
    return commands.submit(Commands.Kind.DISCARD, routingKey).done();
  }

  /** As {@link #close(Duration)} with the configured time. */
  @Override
  public void close() {
    close(settings.closeTimeout());
  }

  /**
   * Stops reading, waits for acknowledgements, saves the position, gives the lease back, and closes
   * publisher and position store. Legal in every state; does nothing the second time. Ends within
   * about the timeout: what has not finished by then is interrupted, and at worst published again
   * at the next start.
   */
  public void close(Duration timeout) {
    synchronized (lifecycle) {
      board.become(PipelineState.CLOSING);
      stop.request();
      if (board.state() != PipelineState.CLOSING || Thread.currentThread() == thread) {
        return;
      }
      boolean interrupted = release(timeout);
      board.become(PipelineState.CLOSED);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Frees everything; says whether the calling thread was interrupted meanwhile. */
  private boolean release(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    boolean interrupted = end(timeout, deadline);
    if (monitor != null) {
      monitor.close();
    }
    closeQuietly("publisher", () -> settings.publisher().close(left(deadline)));
    closeQuietly("position store", settings.positions()::close);
    return interrupted;
  }

  /** Ends the capture thread; says whether the calling thread was interrupted meanwhile. */
  private boolean end(Duration timeout, long deadline) {
    Thread capture = thread;
    if (capture == null) {
      return false;
    }
    settings.source().wakeUp();
    try {
      capture.join(Math.max(1, timeout.toMillis() * 2 / 3));
      if (capture.isAlive()) {
        LOG.warn("{} does not end in time and is interrupted", capture.getName());
        capture.interrupt();
        capture.join(Math.max(1, left(deadline).toMillis() / 2));
      }
    } catch (InterruptedException e) {
      capture.interrupt();
      return true;
    }
    if (capture.isAlive()) {
      LOG.error("{} does not answer its interrupt; it is left behind", capture.getName());
    }
    return false;
  }

  private void closeQuietly(String what, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException e) {
      LOG.warn("Pipeline '{}' could not close its {}", settings.name(), what, e);
    }
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1_000_000L, deadline - System.nanoTime()));
  }

  @Override
  public String toString() {
    return status().toString();
  }
}
