package io.millrace.cdc.kafka;

import io.millrace.cdc.internal.Check;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Reads the partitions of one member as if they were one log, in the order of the records' times.
 *
 * <p>A consumer gives one partition after the other, which would bring the order lines of a backlog
 * long before their orders, to be refused and held. So what it gives stands in a queue per
 * partition, and of their first records the oldest is handed out. While a partition has nothing
 * here though the broker has more of it, the others wait, for {@link #patience}; one that is at its
 * end keeps nobody waiting. A partition that is ahead is paused when its queue is full: all queues
 * together hold about {@link #MAX_RECORDS} records and {@link #MAX_BYTES} bytes, and one fetch more
 * for each.
 *
 * <p>Order within a partition is the partition's own, whatever its records' times say. Times are
 * the producers': a record from the future waits until no other partition has anything.
 */
final class MergedPartitions {
  static final int MAX_RECORDS = 40_000;
  static final long MAX_BYTES = 32L * 1024 * 1024;

  /** How long the others wait for what a partition is known to have. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  /** A consumer's poll does not end when it learns that a partition is at its end: look often. */
  private static final long LOOK_NANOS = 5_000_000;

  /** What a record takes beside its bytes. */
  private static final long RECORD_OVERHEAD = 150;

  private final Consumer<byte[], byte[]> consumer;
  private final Duration patience;
  private final TreeMap<Integer, Queue> queues = new TreeMap<>();
  private final String topic;

  MergedPartitions(Consumer<byte[], byte[]> consumer, String topic, Duration patience) {
    this.consumer = consumer;
    this.topic = topic;
    this.patience = patience;
  }

  /** A partition whose records are taken from now on. */
  void add(int partition) {
    queues.put(partition, new Queue(new TopicPartition(topic, partition)));
  }

  /** A partition that was taken away; what was not handed out of it is somebody else's. */
  void remove(int partition) {
    queues.remove(partition);
  }

  /** Forgets what was fetched of an assigned partition, which is read from another place. */
  void clear(int partition) {
    Queue queue = Check.notNull(queues.get(partition), "partition");
    queue.records.clear();
    queue.bytes = 0;
    queue.missingSince = null;
  }

  /** How many records were fetched and not handed out. */
  int size() {
    return queues.values().stream().mapToInt(queue -> queue.records.size()).sum();
  }

  long bytes() {
    return queues.values().stream().mapToLong(queue -> queue.bytes).sum();
  }

  /**
   * The next records, empty where none came within the limit. Where there are some, it may take
   * {@link #patience} longer to find out that no older ones come.
   */
  List<ConsumerRecord<byte[], byte[]>> poll(int limit, Duration maxWait) {
    pauseThoseAhead();
    if (size() == 0 && !take(consumer.poll(maxWait))) {
      return List.of();
    }
    takeWhatIsHere();
    while (size() > 0) {
      long wait = longestWaitNanos();
      if (wait <= 0) {
        break;
      }
      take(consumer.poll(Duration.ofNanos(Math.min(wait, LOOK_NANOS))));
      takeWhatIsHere();
    }
    return oldest(limit);
  }

  /** Everything that the consumer has in hand, so that what it knows of the ends is up to date. */
  private void takeWhatIsHere() {
    do {
      pauseThoseAhead();
    } while (queues.values().stream().anyMatch(queue -> !queue.paused)
        && take(consumer.poll(Duration.ZERO)));
  }

  private boolean take(ConsumerRecords<byte[], byte[]> records) {
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Queue queue = queues.get(record.partition());
      if (queue != null) {
        queue.add(record);
      }
    }
    return !records.isEmpty();
  }

  private void pauseThoseAhead() {
    int share = Math.max(1, queues.size());
    List<TopicPartition> ahead = new ArrayList<>();
    List<TopicPartition> behind = new ArrayList<>();
    for (Queue queue : queues.values()) {
      boolean full =
          queue.records.size() >= Math.max(1, MAX_RECORDS / share)
              || queue.bytes >= MAX_BYTES / share;
      if (full != queue.paused) {
        queue.paused = full;
        (full ? ahead : behind).add(queue.partition);
      }
    }
    consumer.pause(ahead);
    consumer.resume(behind);
  }

  /** How long to wait yet for partitions that have more and have not given it. */
  private long longestWaitNanos() {
    long longest = 0;
    for (Queue queue : queues.values()) {
      if (missing(queue)) {
        longest = Math.max(longest, waitNanos(queue));
      }
    }
    return longest;
  }

  private long waitNanos(Queue queue) {
    long now = System.nanoTime();
    Long since = queue.missingSince;
    if (since == null) {
      since = now;
      queue.missingSince = since;
    }
    return patience.toNanos() - (now - since);
  }

  /** Whether it has something that is not here, or may have. */
  private boolean missing(Queue queue) {
    if (!queue.records.isEmpty()) {
      return false;
    }
    OptionalLong lag = consumer.currentLag(queue.partition);
    if (lag.isPresent() && lag.getAsLong() <= 0) {
      queue.missingSince = null;
      return false;
    }
    return true;
  }

  private List<ConsumerRecord<byte[], byte[]>> oldest(int limit) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>(Math.min(limit, size()));
    while (records.size() < limit) {
      Queue first = first(queues.values());
      if (first == null) {
        break;
      }
      records.add(first.remove());
      if (missing(first) && waitNanos(first) > 0) {
        break; // its next may be older than what the others have
      }
    }
    return records;
  }

  private static @Nullable Queue first(Collection<Queue> queues) {
    Queue first = null;
    for (Queue queue : queues) {
      if (!queue.records.isEmpty() && (first == null || queue.time() < first.time())) {
        first = queue;
      }
    }
    return first;
  }

  /** What was fetched of a partition and not handed out. */
  private static final class Queue {
    final TopicPartition partition;
    final ArrayDeque<ConsumerRecord<byte[], byte[]>> records = new ArrayDeque<>();
    long bytes;
    boolean paused;

    /**
     * When it was first found to be waited for; stays until it gives something or is at its end.
     */
    @Nullable Long missingSince;

    Queue(TopicPartition partition) {
      this.partition = partition;
    }

    long time() {
      return records.getFirst().timestamp();
    }

    void add(ConsumerRecord<byte[], byte[]> record) {
      records.addLast(record);
      bytes += size(record);
      missingSince = null;
    }

    ConsumerRecord<byte[], byte[]> remove() {
      ConsumerRecord<byte[], byte[]> record = records.removeFirst();
      bytes -= size(record);
      return record;
    }

    private static long size(ConsumerRecord<byte[], byte[]> record) {
      long size =
          RECORD_OVERHEAD
              + Math.max(0, record.serializedKeySize())
              + Math.max(0, record.serializedValueSize());
      for (Header header : record.headers()) {
        size += header.key().length() + (header.value() == null ? 0 : header.value().length);
      }
      return size;
    }
  }
}
