package io.millrace.cdc.transport.inprocess;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The state that publishers and subscriptions share. The lock guards all of it. */
final class InProcessChannel {
  final ReentrantLock lock = new ReentrantLock();

  /** Signalled when there may be something to read, to assign, or a member was woken. */
  final Condition readable = lock.newCondition();

  /** Signalled when a group moved on, or a publisher closed. */
  final Condition writable = lock.newCondition();

  private final Channel identity;
  private final int capacity;
  private final int maxEventBytes;
  private final PartitionLog[] partitions;
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private int retained;

  InProcessChannel(String name, int partitionCount, int capacity, int maxEventBytes) {
    this.identity = new Channel("inprocess", name, UUID.randomUUID().toString(), partitionCount);
    this.capacity = capacity;
    this.maxEventBytes = maxEventBytes;
    this.partitions = new PartitionLog[partitionCount];
    for (int i = 0; i < partitionCount; i++) {
      partitions[i] = new PartitionLog();
    }
  }

  Channel identity() {
    return identity;
  }

  int maxEventBytes() {
    return maxEventBytes;
  }

  String describe() {
    return "in-process channel '" + identity.name() + "'";
  }

  PartitionLog partition(int partition) {
    return partitions[partition];
  }

  int partitionOf(String routingKey) {
    int hash = routingKey.hashCode();
    return Math.floorMod(hash ^ (hash >>> 16), partitions.length);
  }

  Group group(String name) {
    lock.lock();
    try {
      return groups.computeIfAbsent(name, n -> new Group(n, partitions.length));
    } finally {
      lock.unlock();
    }
  }

  /** Whether one more delivery fits, after forgetting what nobody needs. Under the lock. */
  boolean hasRoom() {
    if (retained < capacity) {
      return true;
    }
    if (groups.isEmpty()) {
      return false;
    }
    for (int partition = 0; partition < partitions.length; partition++) {
      retained -= partitions[partition].trimTo(slowest(partition));
    }
    return retained < capacity;
  }

  /** Appends; under the lock, after {@link #hasRoom()}. */
  void append(String routingKey, Encoded event) {
    int partition = partitionOf(routingKey);
    PartitionLog log = partitions[partition];
    log.append(new Delivery(partition, log.end(), routingKey, event));
    retained++;
    readable.signalAll();
  }

  void forgetBefore(int partition, long offset) {
    lock.lock();
    try {
      retained -= partitions[partition].trimTo(offset);
      writable.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private long slowest(int partition) {
    long slowest = Long.MAX_VALUE;
    for (Group group : groups.values()) {
      slowest = Math.min(slowest, group.next(partition));
    }
    return slowest;
  }
}
