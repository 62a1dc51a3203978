package io.millrace.cdc.internal;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What the first attempt of a thread came to: said once by that thread, waited for by whoever
 * started it. Thread-safe.
 */
public final class Outcome {
  private final CompletableFuture<Optional<Throwable>> said = new CompletableFuture<>();

  /** Nothing that waiting cannot mend was found; does nothing after the first word. */
  public void good() {
    said.complete(Optional.empty());
  }

  /** No waiting will help; does nothing after the first word. */
  public void failed(Throwable error) {
    said.complete(Optional.of(error));
  }

  /**
   * Waits for the word, and throws the failure where it is one.
   *
   * @param limit longest wait; returns after it as if all were well. So it does where the waiting
   *     thread is interrupted, which stays interrupted
   * @param cleanUp what is done before a failure is thrown
   */
  public void await(Duration limit, Runnable cleanUp) {
    Optional<Throwable> failure;
    try {
      failure = said.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (TimeoutException e) {
      return;
    } catch (ExecutionException e) {
      throw Invariant.broken("an outcome is said, never thrown: %s", e);
    }
    if (failure.isEmpty()) {
      return;
    }
    cleanUp.run();
    if (failure.get() instanceof Error error) {
      throw error;
    }
    throw failure.get() instanceof RuntimeException e
        ? e
        : new IllegalStateException(failure.get());
  }
}
