package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.position.UnpublishedKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What people ask for, done by the capture thread between two batches. Safe for any thread. */
final class Commands {
  private static final long TIMEOUT_SECONDS = 30;

  private final PipelineSettings settings;
  private final StatusBoard board;
  private final ConcurrentLinkedQueue<Command> queue = new ConcurrentLinkedQueue<>();

  Commands(PipelineSettings settings, StatusBoard board) {
    this.settings = settings;
    this.board = board;
  }

  enum Kind {
    LIST,
    REPLAY,
    DISCARD
  }

  /** What came of it. */
  record Answer(List<UnpublishedKey> held, boolean done) {}

  private record Command(Kind kind, String routingKey, CompletableFuture<Answer> answer) {}

  /** Asks and waits for the answer. */
  Answer submit(Kind kind, String routingKey) {
    Check.notNull(routingKey, "routingKey");
    Command command = new Command(kind, routingKey, new CompletableFuture<>());
    queue.add(command);
    PipelineState state = board.state();
    boolean runs =
        switch (state) {
          case RUNNING, STARTING, RETRYING -> true;
          case NEW, STANDBY, FAILED, CLOSING, CLOSED -> false;
        };
    if (!runs && queue.remove(command)) {
      throw new IllegalStateException(
          "Pipeline '%s' must run for %s, and on this instance; it is %s."
              .formatted(settings.name(), kind, state));
    }
    settings.source().wakeUp();
    try {
      return command.answer().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      queue.remove(command);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the pipeline worked on " + kind, e);
    } catch (TimeoutException e) {
      queue.remove(command);
      throw new IllegalStateException(
          "Pipeline '%s' did not answer within %s s: %s"
              .formatted(settings.name(), TIMEOUT_SECONDS, board.status()),
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Does what is asked for. Capture thread only. */
  void run(Holds holds) throws InterruptedException {
    Command command;
    while ((command = queue.poll()) != null) {
      try {
        command.answer().complete(answer(command, holds));
      } catch (MillraceException e) {
        command.answer().completeExceptionally(e);
        throw e;
      } finally {
        fail(command, "was interrupted");
      }
    }
  }

  private static Answer answer(Command command, Holds holds) throws InterruptedException {
    return switch (command.kind()) {
      case LIST -> new Answer(holds.list(), true);
      case REPLAY -> new Answer(List.of(), holds.replay(command.routingKey()));
      case DISCARD -> new Answer(List.of(), holds.discard(command.routingKey()));
    };
  }

  /** Nothing is done any more. */
  void end() {
    Command command;
    while ((command = queue.poll()) != null) {
      fail(command, "has ended");
    }
  }

  private void fail(@Nullable Command command, String why) {
    if (command != null) {
      command
          .answer()
          .completeExceptionally(
              new TransportException("Pipeline '%s' %s.".formatted(settings.name(), why)));
    }
  }
}
