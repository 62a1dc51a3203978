package io.millrace.cdc.mysql;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Raw events on their way from the connector's thread to the one that polls, bounded by bytes: a
 * full queue stops the connector, and so the server. The reader takes all that is there in one go.
 */
final class EventQueue {
  private final long limitBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private ArrayDeque<RawEvent> filling = new ArrayDeque<>();
  private long fillingBytes;
  private boolean ended;
  private boolean woken;

  /** Whether the reader came for more than there was since something was added. */
  private boolean asked;

  // Of the reader's thread.
  private ArrayDeque<RawEvent> draining = new ArrayDeque<>();

  EventQueue(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** Adds events, waiting while the queue is full; false once the queue has ended. */
  boolean put(List<RawEvent> events) throws InterruptedException {
    long bytes = 0;
    for (int i = 0; i < events.size(); i++) {
      bytes += events.get(i).length();
    }
    lock.lockInterruptibly();
    try {
      while (fillingBytes >= limitBytes && !ended) {
        changed.await();
      }
      if (ended) {
        return false;
      }
      boolean wasEmpty = filling.isEmpty();
      filling.addAll(events);
      fillingBytes += bytes;
      asked = false;
      if (wasEmpty) {
        changed.signalAll();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the reader has done with all that was added: what needs much memory is not read
   * ahead.
   */
  void awaitAsked() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!asked && !ended) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The next event, or null when none came in time or the queue has ended and is empty. */
  @Nullable RawEvent poll(long waitNanos) throws InterruptedException {
    RawEvent event = draining.poll();
    return event != null ? event : swap(waitNanos).poll();
  }

  private ArrayDeque<RawEvent> swap(long waitNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (filling.isEmpty() && !asked) {
        asked = true;
        changed.signalAll();
      }
      long left = waitNanos;
      while (filling.isEmpty() && !ended && !woken && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (waitNanos > 0) {
        woken = false;
      }
      ArrayDeque<RawEvent> full = filling;
      filling = draining;
      draining = full;
      fillingBytes = 0;
      changed.signalAll();
      return full;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the wait of a poll under way, or else the next one's. */
  void wakeUp() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets nothing more in; what is inside may still be taken. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean hasEnded() {
    lock.lock();
    try {
      return ended && filling.isEmpty() && draining.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Whether everything that came was taken; for the lag only. Reader's thread. */
  boolean isEmpty() {
    lock.lock();
    try {
      return filling.isEmpty() && draining.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
