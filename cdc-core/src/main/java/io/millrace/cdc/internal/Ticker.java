package io.millrace.cdc.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A daemon thread that does something again and again until it is closed. */
public final class Ticker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);
  private static final long CLOSE_MILLIS = 1_000;

  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  private Ticker(String name, Duration every, Runnable work) {
    this.thread = new Thread(() -> run(every, work), name);
    thread.setDaemon(true);
  }

  /** Starts; the work is done at once for the first time. What it throws is logged. */
  public static Ticker start(String threadName, Duration every, Runnable work) {
    Ticker ticker = new Ticker(threadName, every, work);
    ticker.thread.start();
    return ticker;
  }

  private void run(Duration every, Runnable work) {
    try {
      do {
        try {
          work.run();
        } catch (RuntimeException e) {
          LOG.warn("{} goes on after a failure", Thread.currentThread().getName(), e);
        }
      } while (!closing.await(every.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      // Only close() interrupts it.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends it. Work under way is interrupted and waited for up to a second; what does not answer is
   * left behind and ends by itself.
   */
  @Override
  public void close() {
    closing.countDown();
    if (Thread.currentThread() == thread) {
      return;
    }
    thread.interrupt();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
