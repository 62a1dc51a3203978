package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.EndpointCheck;
import io.millrace.cdc.internal.Outcome;
import io.millrace.cdc.internal.Ticker;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The applier's thread: joins, polls, applies, retries what is held, and begins again after every
 * failure that may pass.
 */
final class ApplyLoop {
  private static final Logger log = LoggerFactory.getLogger(ApplyLoop.class);
  private static final long FIRST_BACKOFF_MILLIS = 20;
  private static final long LONGEST_BACKOFF_MILLIS = 5_000;
  private static final long ENDING_MILLIS = 1_000;

  private final ApplierConfig config;
  private final Counters counters;
  private final CaughtUp caughtUp = new CaughtUp();
  private final ConcurrentLinkedQueue<Command> commands = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Worker worker;

  /** What the first look at both ends came to. */
  private final Outcome outcome = new Outcome();

  private ApplierState state = ApplierState.NEW; // guarded by this
  private @Nullable Thread thread; // guarded by this
  private @Nullable Ticker monitor; // guarded by this
  private boolean toldHealthy; // of the monitor's thread
  private volatile @Nullable Subscription subscription;

  ApplyLoop(ApplierConfig config) {
    this.config = config;
    this.counters = new Counters(config);
    this.worker = new Worker(config, counters);
  }

  void start() {
    synchronized (this) {
      Check.state(
          state == ApplierState.NEW,
          "applier '%s' can be started once, it is %s",
          config.name(),
          state);
      state = ApplierState.RUNNING;
    }
    counters.pulse.started();
    log.info(
        "applier '{}' starts: {} -> {}",
        config.name(),
        config.subscriber().describe(),
        config.target().describe());
    Thread started = new Thread(this::run, "millrace-" + config.name() + "-apply");
    Ticker telling;
    synchronized (this) {
      thread = started;
      telling =
          Ticker.start(
              "millrace-" + config.name() + "-monitor", config.statusInterval(), this::tick);
      monitor = telling;
      started.start();
    }
    outcome.await(
        config.startTimeout(),
        () -> {
          telling.close();
          joinQuietly(started);
        });
  }

  /** It has nothing left to do but to end. */
  private static void joinQuietly(Thread ending) {
    try {
      ending.join(ENDING_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tells the listener how it is, and the log when health changes. */
  private void tick() {
    ApplierStatus status = status();
    if (status.healthy() != toldHealthy) {
      toldHealthy = status.healthy();
      if (toldHealthy) {
        log.info("healthy: {}", status);
      } else if (!isClosing()) {
        log.warn("not healthy: {}", status);
      }
    }
    config.listener().status(status);
  }

  private void run() {
    try {
      sessions();
    } finally {
      outcome.good();
    }
  }

  private void sessions() {
    long backoff = FIRST_BACKOFF_MILLIS;
    while (!isClosing()) {
      long begun = worker.progress();
      try {
        session();
        break;
      } catch (InterruptedException e) {
        end(ApplierState.CLOSED, null);
        return;
      } catch (FencedException e) {
        log.info("applier '{}' joins again: {}", config.name(), e.getMessage());
      } catch (MillraceException e) {
        if (!e.retryable()) {
          end(ApplierState.FAILED, e);
          return;
        }
        noteFailure(e);
      } catch (RuntimeException | AssertionError e) {
        end(ApplierState.FAILED, e);
        return;
      }
      backoff =
          worker.progress() > begun
              ? FIRST_BACKOFF_MILLIS
              : Math.min(backoff * 2, LONGEST_BACKOFF_MILLIS);
      if (pause(backoff)) {
        break;
      }
    }
    end(ApplierState.CLOSED, null);
  }

  private void checkEnds() {
    EndpointCheck ends = new EndpointCheck("applier '" + config.name() + "'", log);
    ends.look(
        () -> {
          worker.openSession(); // which checks the mapping
          return List.of();
        });
    ends.look(config.subscriber()::preflight);
    ends.finish(
        "applier '%s' from %s to %s"
            .formatted(config.name(), config.subscriber().describe(), config.target().describe()));
  }

  /** From joining to leaving. */
  private void session() throws InterruptedException {
    checkEnds();
    outcome.good();
    try (Subscription joined = config.subscriber().open(worker.ownership())) {
      subscription = joined;
      int quiet = 0;
      while (!isClosing()) {
        long ticket = caughtUp.ticket();
        List<Delivery> deliveries = joined.poll(config.batchSize(), config.maxWait());
        worker.assignmentSettled();
        if (!deliveries.isEmpty()) {
          apply(joined, deliveries);
        }
        worker.retryHeld();
        worker.cleanLedger(deliveries.isEmpty());
        runCommands();
        worker.keepAlive();
        quiet = deliveries.isEmpty() ? quiet + 1 : 0;
        if (worker.lag(joined.endOffsets(), quiet) && deliveries.isEmpty()) {
          caughtUp.answer(ticket);
        }
        wentWell();
      }
    } finally {
      subscription = null;
      worker.leave();
    }
  }

  /** Applies a batch; while the target is away, the same batch is tried again. */
  private void apply(Subscription joined, List<Delivery> deliveries) throws InterruptedException {
    long backoff = FIRST_BACKOFF_MILLIS;
    while (true) {
      try {
        joined.committed(worker.apply(deliveries));
        return;
      } catch (ApplyException e) {
        if (!e.retryable() || isClosing()) {
          throw e;
        }
        noteFailure(e);
      }
      if (pause(backoff)) {
        throw new InterruptedException();
      }
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MILLIS);
      worker.reopenUnlessUsable();
    }
  }

  private void runCommands() {
    Command command;
    while ((command = commands.poll()) != null) {
      try {
        command.answer().complete(worker.execute(command));
      } catch (MillraceException e) {
        command.answer().completeExceptionally(e);
        throw e;
      }
    }
  }

  CompletableFuture<Command.Answer> submit(Command.Kind kind, EntityKey key) {
    synchronized (this) {
      Check.state(
          state == ApplierState.RUNNING || state == ApplierState.RETRYING,
          "applier '%s' must run for %s, it is %s",
          config.name(),
          kind,
          state);
      Command command = new Command(kind, key, new CompletableFuture<>());
      commands.add(command);
      wakeUp();
      return command.answer();
    }
  }

  boolean awaitCaughtUp(Duration timeout) throws InterruptedException {
    return caughtUp.await(timeout);
  }

  synchronized ApplierStatus status() {
    return counters.status(state);
  }

  void close(Duration timeout) {
    Thread running;
    Ticker telling;
    synchronized (this) {
      if (state == ApplierState.NEW) {
        state = ApplierState.CLOSED;
      }
      running = thread;
      telling = monitor;
    }
    closing.countDown();
    if (telling != null) {
      telling.close();
    }
    wakeUp();
    caughtUp.end();
    if (running == null || running == Thread.currentThread()) {
      worker.close();
      return;
    }
    try {
      running.join(Math.max(1, timeout.toMillis()));
      if (running.isAlive()) {
        running.interrupt();
        running.join(1000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void wakeUp() {
    Subscription joined = subscription;
    if (joined != null) {
      joined.wakeUp();
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private boolean pause(long millis) {
    try {
      return closing.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }

  private void noteFailure(Exception e) {
    String message = Objects.requireNonNullElse(e.getMessage(), e.toString());
    if (!message.equals(counters.lastError)) {
      log.warn("applier '{}' tries again: {}", config.name(), message);
    }
    counters.lastError = message;
    config.listener().failed(e);
    synchronized (this) {
      state = ApplierState.RETRYING;
    }
    outcome.good();
  }

  private void wentWell() {
    counters.pulse.round();
    counters.lastError = null;
    synchronized (this) {
      state = ApplierState.RUNNING;
    }
  }

  private void end(ApplierState last, @Nullable Throwable error) {
    worker.close();
    if (error != null) {
      log.error("applier '{}' failed", config.name(), error);
      counters.lastError = Objects.requireNonNullElse(error.getMessage(), error.toString());
      if (error instanceof Exception exception) {
        config.listener().failed(exception);
      }
    }
    synchronized (this) {
      state = last;
      Command command;
      while ((command = commands.poll()) != null) {
        command
            .answer()
            .completeExceptionally(
                new ApplyException("Applier '%s' is %s".formatted(config.name(), last)));
      }
    }
    caughtUp.end();
    if (error != null) {
      outcome.failed(error);
    }
  }
}
