package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.transport.PublishCallback;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Turns acknowledgements that come in any order into the one position up to which everything is
 * acknowledged.
 *
 * <p>Per batch it keeps a count, per event nothing but the callback. Acknowledgements may come on
 * any thread; everything else is called by the capture thread alone. A ledger is used for one run
 * of a reader: what is acknowledged late for an earlier run changes nothing.
 */
final class AckLedger {
  private final ArrayDeque<Batch> batches = new ArrayDeque<>();
  private final List<UnpublishedEvent> passed = new ArrayList<>();
  private final List<UnpublishedEvent> due = new ArrayList<>();
  private final AtomicLong events = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
  private volatile @Nullable Thread waiting;
  private long opened;
  private long passedBatch;
  private long reachedBatch;

  /** An event that the transport gave up on. */
  record Failure(String event, TransportException error) {}

  /** Which event it is, in a short text. */
  static String what(ChangeEvent event) {
    return what(event.entity(), event.id(), event.version());
  }

  private static String what(String entity, String id, Version version) {
    return entity + "/" + id + " " + version;
  }

  /** A new batch after all others. */
  Batch open() {
    Batch batch = new Batch(++opened);
    batches.addLast(batch);
    return batch;
  }

  /**
   * The newest position before which every event is acknowledged.
   *
   * @return null where there is none newer than at the last call
   */
  @Nullable Position advance() {
    Position newest = null;
    Batch head = batches.peekFirst();
    while (head != null && head.isDone()) {
      batches.removeFirst();
      passedBatch = head.number;
      passed.addAll(head.held);
      if (head.position != null) {
        newest = head.position;
        reachedBatch = head.number;
        due.addAll(passed);
        passed.clear();
      }
      head = batches.peekFirst();
    }
    return newest;
  }

  /** Number of the last batch up to which everything was acknowledged at {@link #advance}. */
  long passed() {
    return passedBatch;
  }

  /** Number of the batch whose position {@link #advance} gave last. */
  long reached() {
    return reachedBatch;
  }

  /**
   * Held events that the newest position passes, in order, each once: they must be kept with it.
   */
  List<UnpublishedEvent> takeDue() {
    List<UnpublishedEvent> taken = List.copyOf(due);
    due.clear();
    return taken;
  }

  /** Held events of a key that no position passes yet, in order; they are forgotten here. */
  List<UnpublishedEvent> takeHeld(String routingKey) {
    List<UnpublishedEvent> taken = new ArrayList<>();
    take(passed, routingKey, taken);
    batches.forEach(batch -> take(batch.held, routingKey, taken));
    return taken;
  }

  private static void take(
      List<UnpublishedEvent> from, String routingKey, List<UnpublishedEvent> to) {
    from.removeIf(event -> event.routingKey().equals(routingKey) && to.add(event));
  }

  long eventsInFlight() {
    return events.get();
  }

  long bytesInFlight() {
    return bytes.get();
  }

  /** Events acknowledged so far; safe for any thread. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** The first failure, or null. */
  @Nullable Failure failure() {
    return failure.get();
  }

  /**
   * Waits for an acknowledgement or failure, at most that long; may return early.
   *
   * @param seen what {@link #acknowledged()} said before the caller decided to wait
   */
  void await(long seen, long nanos) throws InterruptedException {
    waiting = Thread.currentThread();
    try {
      if (acknowledged.get() == seen && failure.get() == null) {
        LockSupport.parkNanos(this, nanos);
      }
    } finally {
      waiting = null;
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  private void wake() {
    Thread thread = waiting;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** What one poll gave. */
  final class Batch {
    // One more than the events in flight until the batch is sealed, so that it is not done early.
    private final AtomicInteger pending = new AtomicInteger(1);
    private final List<UnpublishedEvent> held = new ArrayList<>(0);
    private final long number;
    private @Nullable Position position;

    Batch(long number) {
      this.number = number;
    }

    /** Batches count from 1. */
    long number() {
      return number;
    }

    /** Counts an event that is about to be published; the result is its callback. */
    InFlight expect(ChangeEvent event, int size) {
      return counted(new InFlight(this, event, "", size));
    }

    /** The same for one that was held; the text says which. */
    InFlight expect(String what, int size) {
      return counted(new InFlight(this, null, what, size));
    }

    private InFlight counted(InFlight callback) {
      pending.incrementAndGet();
      events.incrementAndGet();
      bytes.addAndGet(callback.size);
      return callback;
    }

    /** An event that is not published now; it is kept with the position that passes it. */
    void hold(UnpublishedEvent event) {
      held.add(event);
    }

    /**
     * No more events follow in this batch.
     *
     * @param resume where reading may resume once all up to here is acknowledged; null where it may
     *     not
     */
    void seal(@Nullable Position resume) {
      position = resume;
      pending.decrementAndGet();
      foldIntoPrevious();
    }

    private boolean isDone() {
      return pending.get() == 0;
    }

    /** A batch without events adds a position only, so that idle polls do not pile up. */
    private void foldIntoPrevious() {
      // What is held here must not be stored with the previous batch's own position.
      if (!isDone() || !held.isEmpty() || batches.size() < 2 || batches.peekLast() != this) {
        return;
      }
      batches.removeLast();
      Batch previous = batches.getLast();
      previous.position = position != null ? position : previous.position;
    }
  }

  /**
   * One event's callback. The boolean says that it was told, since twice would be once too often.
   */
  final class InFlight extends AtomicBoolean implements PublishCallback {
    private static final long serialVersionUID = 1L;

    private final transient Batch batch;
    private final String entity;
    private final String id;
    private final transient @Nullable Version version;
    private final int size;

    private InFlight(Batch batch, @Nullable ChangeEvent event, String what, int size) {
      this.batch = batch;
      // Not the event itself, which may be large; and no text is made of it unless it fails.
      this.entity = event == null ? what : event.entity();
      this.id = event == null ? "" : event.id();
      this.version = event == null ? null : event.version();
      this.size = size;
    }

    @Override
    public void acknowledged() {
      if (compareAndSet(false, true)) {
        // The batch first: who sees nothing in flight must also see the batch done.
        batch.pending.decrementAndGet();
        bytes.addAndGet(-size);
        events.decrementAndGet();
        acknowledged.incrementAndGet();
        wake();
      }
    }

    /** The transport did not take it and it is held: its batch need not wait for it. */
    void held() {
      if (compareAndSet(false, true)) {
        batch.pending.decrementAndGet();
        bytes.addAndGet(-size);
        events.decrementAndGet();
      }
    }

    /** The transport did not take it: nobody will tell, and its batch is never done. */
    void withdraw() {
      if (compareAndSet(false, true)) {
        bytes.addAndGet(-size);
        events.decrementAndGet();
      }
    }

    @Override
    public void failed(TransportException error) {
      if (compareAndSet(false, true)) {
        // The batch keeps its count: no position at or after this event is ever reached.
        failure.compareAndSet(null, new Failure(toString(), error));
        wake();
      }
    }

    @Override
    public String toString() {
      return version == null ? entity : what(entity, id, version);
    }
  }
}
