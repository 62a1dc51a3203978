package io.millrace.cdc.postgres;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Uses the session's connection beside the reader's own thread, one thing at a time. There is no
 * thread before the first, nor a while after the last. Used by one thread.
 */
final class SecondThread {
  private static final long KEEP_SECONDS = 5;

  private final ThreadPoolExecutor executor;
  private @Nullable Future<?> last;

  SecondThread(String name) {
    executor =
        new ThreadPoolExecutor(
            1,
            1,
            KEEP_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  <T> Future<T> submit(Callable<T> work) {
    settle();
    FutureTask<T> task = new FutureTask<>(work);
    last = task;
    executor.execute(task);
    return task;
  }

  /**
   * Waits for what is under way, however it ends; as long as its statement may take, as if it were
   * run here.
   */
  void settle() {
    Future<?> waited = last;
    if (waited == null) {
      return;
    }
    boolean interrupted = false;
    while (!waited.isDone()) {
      try {
        waited.get();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        break; // who asked for it is told
      }
    }
    last = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Takes on nothing more.
   *
   * @return whether what was under way has ended within that time; not waited for where this thread
   *     is interrupted
   */
  boolean end(long millis) {
    executor.shutdown();
    try {
      return executor.awaitTermination(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return executor.isTerminated();
    }
  }
}
