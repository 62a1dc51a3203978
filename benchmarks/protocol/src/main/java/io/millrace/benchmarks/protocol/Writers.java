package io.millrace.benchmarks.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that write a round's transactions, each the next that nobody has begun. */
public final class Writers {
  private static final int EIGHT = 8;

  private Writers() {}

  /** What one thread does. */
  @FunctionalInterface
  public interface Writer {
    /** Writes the numbers that come, until there are no more. */
    void write(Numbers numbers) throws Exception;
  }

  /** Numbers from 0 on, which all threads share. */
  public static final class Numbers {
    private final AtomicInteger next = new AtomicInteger();
    private final int end;

    private Numbers(int end) {
      this.end = end;
    }

    /** The next number; negative where there are no more. */
    public int take() {
      int number = next.getAndIncrement();
      return number < end ? number : -1;
    }
  }

  /** As many threads as the task says. */
  public static void run(Job job, Writer writer) throws Exception {
    int threads = job.task() == Task.OUTBOX_EIGHT ? EIGHT : 1;
    Numbers numbers = new Numbers(job.events());
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        ends.add(
            pool.submit(
                () -> {
                  writer.write(numbers);
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      pool.shutdownNow();
    }
  }
}
