package io.millrace.cdc.transport.inprocess;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One member of a group. Its places are guarded by the channel's lock. */
final class InProcessSubscription implements Subscription {
  private final InProcessChannel channel;
  private final Group group;
  private final AssignmentListener listener;
  private final TreeMap<Integer, Long> places = new TreeMap<>();
  private int firstPartition;
  private boolean woken;
  private boolean closed;

  InProcessSubscription(InProcessChannel channel, Group group, AssignmentListener listener) {
    this.channel = channel;
    this.group = group;
    this.listener = listener;
    locked(
        () -> {
          group.join(this);
          channel.readable.signalAll();
        });
  }

  @Override
  public List<Delivery> poll(int maxDeliveries, Duration maxWait) throws InterruptedException {
    Check.argument(maxDeliveries >= 1, "maxDeliveries must be at least 1, got %s", maxDeliveries);
    long left = maxWait.toNanos();
    while (true) {
      followAssignment();
      channel.lock.lockInterruptibly();
      try {
        Check.state(!closed, "the subscription of %s is closed", describe());
        List<Delivery> deliveries = take(maxDeliveries);
        if (!deliveries.isEmpty() || left <= 0 || woken) {
          woken = false;
          return deliveries;
        }
        if (group.toRevoke(this).isEmpty() && group.toAssign(this).isEmpty()) {
          left = channel.readable.awaitNanos(left);
        }
      } finally {
        channel.lock.unlock();
      }
    }
  }

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    locked(
        () ->
            nextOffsets.forEach(
                (partition, offset) -> {
                  Check.argument(
                      places.containsKey(partition),
                      "partition %s is not assigned to this subscription of %s",
                      partition,
                      describe());
                  places.put(partition, offset);
                  group.next(partition, offset);
                }));
  }

  @Override
  public void committed(Map<Integer, Long> nextOffsets) {
    locked(
        () -> {
          nextOffsets.forEach(
              (partition, offset) -> {
                if (places.containsKey(partition)) {
                  group.next(partition, offset);
                }
              });
          channel.writable.signalAll();
        });
  }

  @Override
  public Map<Integer, Long> endOffsets() {
    Map<Integer, Long> ends = new TreeMap<>();
    locked(() -> places.keySet().forEach(p -> ends.put(p, channel.partition(p).end())));
    return ends;
  }

  @Override
  public void wakeUp() {
    locked(
        () -> {
          woken = true;
          channel.readable.signalAll();
        });
  }

  @Override
  public void close() {
    locked(
        () -> {
          if (!closed) {
            closed = true;
            places.clear();
            group.leave(this);
            channel.readable.signalAll();
          }
        });
  }

  /** Gives up and takes over partitions as the group wants; the listener is called unlocked. */
  private void followAssignment() throws InterruptedException {
    Set<Integer> revoked;
    channel.lock.lockInterruptibly();
    try {
      revoked = group.toRevoke(this);
      revoked.forEach(places::remove);
    } finally {
      channel.lock.unlock();
    }
    if (!revoked.isEmpty()) {
      try {
        listener.revoked(revoked);
      } finally {
        locked(
            () -> {
              revoked.forEach(partition -> group.give(partition, null));
              channel.readable.signalAll();
            });
      }
    }
    takeOver();
  }

  private void takeOver() throws InterruptedException {
    Set<Integer> assigned;
    channel.lock.lockInterruptibly();
    try {
      assigned = group.toAssign(this);
      assigned.forEach(partition -> group.give(partition, this));
    } finally {
      channel.lock.unlock();
    }
    if (assigned.isEmpty()) {
      return;
    }
    Map<Integer, StartOffset> starts;
    try {
      starts = Map.copyOf(listener.assigned(channel.identity(), assigned));
      Check.argument(
          starts.keySet().containsAll(assigned),
          "the listener of %s was given partitions %s and says where to start in %s only",
          describe(),
          assigned,
          starts.keySet());
    } catch (RuntimeException | Error e) {
      // Not taken over: the next poll asks the listener again.
      locked(() -> assigned.forEach(partition -> group.give(partition, null)));
      throw e;
    }
    Map<Integer, Long> offsets = new HashMap<>();
    locked(
        () ->
            starts.forEach(
                (partition, start) -> {
                  if (assigned.contains(partition)) {
                    place(partition, start);
                    offsets.put(partition, places.get(partition));
                  }
                }));
    try {
      listener.placed(offsets);
    } catch (RuntimeException | Error e) {
      locked(
          () ->
              assigned.forEach(
                  partition -> {
                    places.remove(partition);
                    group.give(partition, null);
                  }));
      throw e;
    }
  }

  private void place(int partition, StartOffset start) {
    PartitionLog log = channel.partition(partition);
    long offset =
        switch (start.kind()) {
          case AT -> start.offset();
          case OLDEST -> log.base();
          case NEWEST -> log.end();
        };
    places.put(partition, offset);
    group.next(partition, offset);
    channel.writable.signalAll();
  }

  /** Deliveries of all partitions in turn, so that a busy one does not starve the others. */
  private List<Delivery> take(int maxDeliveries) {
    List<Delivery> deliveries = new ArrayList<>();
    List<Integer> partitions = new ArrayList<>(places.keySet());
    for (int i = 0; i < partitions.size() && deliveries.size() < maxDeliveries; i++) {
      int partition = partitions.get((firstPartition + i) % partitions.size());
      PartitionLog log = channel.partition(partition);
      long offset = places.getOrDefault(partition, 0L);
      checkThere(partition, offset, log);
      while (offset < log.end() && deliveries.size() < maxDeliveries) {
        deliveries.add(log.get(offset++));
      }
      places.put(partition, offset);
    }
    firstPartition = partitions.isEmpty() ? 0 : (firstPartition + 1) % partitions.size();
    return deliveries;
  }

  private void checkThere(int partition, long offset, PartitionLog log) {
    if (offset < log.base() || offset > log.end()) {
      throw new TransportException(
          String.format(
              Locale.ROOT,
              "%s has no offset %s in partition %s: it holds %s to %s. Decide whether to go on from the oldest one; what lies between is lost here.",
              describe(),
              offset,
              partition,
              log.base(),
              log.end()));
    }
  }

  private String describe() {
    return channel.describe() + ", group '" + group.name() + "'";
  }

  private void locked(Runnable action) {
    channel.lock.lock();
    try {
      action.run();
    } finally {
      channel.lock.unlock();
    }
  }
}
