package io.millrace.cdc.transport;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A member of a subscriber's group. Used by one thread, except {@link #wakeUp()}. */
public interface Subscription extends AutoCloseable {
  /**
   * The next deliveries, in order within each partition; empty when none came within {@code
   * maxWait}. Each offset is delivered once unless {@link #seek} goes back. Fails with {@link
   * io.millrace.cdc.error.TransportException}; where an {@link StartOffset.Kind#AT} offset is gone,
   * with one that is not retryable and names topic, partition and both offsets.
   */
  List<Delivery> poll(int maxDeliveries, Duration maxWait) throws InterruptedException;

  /** Goes back (or forward) in assigned partitions: the next delivery of each is that offset. */
  void seek(Map<Integer, Long> nextOffsets);

  /** Told after the target committed: for the transport's own lag display only. May do nothing. */
  void committed(Map<Integer, Long> nextOffsets);

  /** Newest offset + 1 per assigned partition, as far as known without a round trip; for lag. */
  Map<Integer, Long> endOffsets();

  /** Ends a wait in {@link #poll}; any thread. */
  void wakeUp();

  /** Leaves the group; idempotent; ends within seconds. */
  @Override
  void close();
}
