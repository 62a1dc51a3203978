package io.millrace.cdc.kafka;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member of a consumer group that starts where its listener says. Used by one thread. */
final class KafkaSubscription implements Subscription {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaTransport.class);
  private static final long QUIET_NANOS = 10_000_000_000L;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final KafkaSettings settings;
  private final String group;
  private final AssignmentListener listener;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final MergedPartitions merged;

  /** Assigned partitions for which the listener has not said yet where to start. */
  private final TreeSet<Integer> unplaced = new TreeSet<>();

  private final TreeSet<Integer> placed = new TreeSet<>();
  private final TopicWatch watch;

  /** The topic as it was at the last assignment. */
  private @Nullable Channel joined;

  private long heardNanos = System.nanoTime();
  private boolean closed;

  KafkaSubscription(KafkaSettings settings, String group, AssignmentListener listener) {
    this.settings = settings;
    this.group = group;
    this.listener = listener;
    this.watch = new TopicWatch(settings);
    try {
      this.consumer =
          new KafkaConsumer<>(
              settings.consumer(group), new ByteArrayDeserializer(), new ByteArrayDeserializer());
      this.merged = new MergedPartitions(consumer, settings.topic(), MergedPartitions.PATIENCE);
      consumer.subscribe(List.of(settings.topic()), new Rebalance());
    } catch (KafkaException e) {
      throw KafkaFailures.of("Cannot subscribe to " + describe(), e);
    }
  }

  @Override
  public List<Delivery> poll(int maxDeliveries, Duration maxWait) throws InterruptedException {
    Check.argument(maxDeliveries >= 1, "maxDeliveries must be at least 1, got %s", maxDeliveries);
    Check.state(!closed, "the subscription of %s is closed", describe());
    try {
      place();
      checkTopic();
      List<Delivery> deliveries =
          merged.poll(maxDeliveries, maxWait).stream().map(this::delivery).toList();
      askWhereQuiet(deliveries.isEmpty());
      return deliveries;
    } catch (WakeupException e) {
      return List.of();
    } catch (InterruptException e) {
      throw KafkaPublisher.interrupted(e);
    } catch (OffsetOutOfRangeException e) {
      throw outOfRange(e.offsetOutOfRangePartitions());
    } catch (KafkaException e) {
      throw failure(e);
    }
  }

  /**
   * A consumer whose broker is gone just finds nothing, for ever. So a quiet one asks for something
   * that must be answered.
   */
  private void askWhereQuiet(boolean nothingCame) {
    long now = System.nanoTime();
    if (!nothingCame) {
      heardNanos = now;
    } else if (now - heardNanos > QUIET_NANOS) {
      consumer.endOffsets(List.of(partition(0)));
      heardNanos = System.nanoTime();
    }
  }

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    Check.argument(
        placed.containsAll(nextOffsets.keySet()),
        "of partitions %s only %s are assigned to this subscription of %s",
        nextOffsets.keySet(),
        placed,
        describe());
    nextOffsets.forEach(
        (partition, offset) -> {
          merged.clear(partition);
          consumer.seek(partition(partition), offset);
        });
  }

  @Override
  public void committed(Map<Integer, Long> nextOffsets) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    nextOffsets.forEach(
        (partition, offset) -> {
          if (placed.contains(partition)) {
            offsets.put(partition(partition), new OffsetAndMetadata(offset));
          }
        });
    consumer.commitAsync(
        offsets,
        (committed, error) -> {
          if (error != null) {
            LOG.debug("Kafka did not take the offsets of {} for display", describe(), error);
          }
        });
  }

  @Override
  public Map<Integer, Long> endOffsets() {
    Map<Integer, Long> ends = new TreeMap<>();
    for (int partition : placed) {
      TopicPartition topicPartition = partition(partition);
      OptionalLong lag = consumer.currentLag(topicPartition);
      if (lag.isPresent()) {
        try {
          ends.put(partition, consumer.position(topicPartition, Duration.ZERO) + lag.getAsLong());
        } catch (TimeoutException e) {
          LOG.trace("No position of {} yet", topicPartition, e);
        }
      }
    }
    return ends;
  }

  @Override
  public void wakeUp() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    watch.close();
    try {
      consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
    } catch (InterruptException e) {
      LOG.debug("Interrupted while leaving {}", describe(), e);
    } catch (KafkaException e) {
      LOG.warn("Could not leave {} in order; the group notices by its time-out", describe(), e);
    }
  }

  /** Asks the listener where to start; what fails here is asked again at the next poll. */
  private void place() {
    if (unplaced.isEmpty()) {
      return;
    }
    TopicFacts facts = new TopicCheck(settings).required();
    Channel channel = facts.channel(settings.topic());
    joined = channel;
    Set<Integer> partitions = Set.copyOf(unplaced);
    Map<Integer, StartOffset> starts = listener.assigned(channel, partitions);
    Check.argument(
        starts.keySet().containsAll(partitions),
        "the listener of %s was given partitions %s and says where to start in %s only",
        describe(),
        partitions,
        starts.keySet());
    List<TopicPartition> topicPartitions = partitions.stream().map(this::partition).toList();
    Map<TopicPartition, Long> oldest = consumer.beginningOffsets(topicPartitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(topicPartitions);
    Map<Integer, Long> offsets = new HashMap<>();
    for (TopicPartition partition : topicPartitions) {
      StartOffset start = Check.notNull(starts.get(partition.partition()), "start");
      long first = oldest.getOrDefault(partition, 0L);
      long end = ends.getOrDefault(partition, 0L);
      long offset =
          switch (start.kind()) {
            case AT -> start.offset();
            case OLDEST -> first;
            case NEWEST -> end;
          };
      if (offset < first || offset > end) {
        throw gone(partition.partition(), offset, first, end);
      }
      offsets.put(partition.partition(), offset);
    }
    listener.placed(Map.copyOf(offsets));
    for (TopicPartition partition : topicPartitions) {
      consumer.seek(partition, offsets.getOrDefault(partition.partition(), 0L));
      unplaced.remove(partition.partition());
      placed.add(partition.partition());
      merged.add(partition.partition());
    }
  }

  private void checkTopic() {
    Channel topic = joined;
    if (topic != null && !placed.isEmpty()) {
      watch.check(topic);
    }
  }

  private TransportException outOfRange(Map<TopicPartition, Long> wanted) {
    Map.Entry<TopicPartition, Long> one = wanted.entrySet().iterator().next();
    TopicPartition partition = one.getKey();
    long first = -1;
    long end = -1;
    Channel topic = joined;
    if (topic != null) {
      TopicFacts now = new TopicCheck(settings).required();
      watch.compare(topic, now.id(), now.partitions());
    }
    try {
      first = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, -1L);
      end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, -1L);
    } catch (KafkaException e) {
      LOG.debug("Could not ask for the range of {}", partition, e);
    }
    return gone(partition.partition(), one.getValue(), first, end);
  }

  private TransportException gone(int partition, long wanted, long first, long end) {
    return new TransportException(
        "%s has no offset %s in partition %s: it holds %s to %s. %s Compare both sides; then remove the stored offset of this partition (table applier_offset of an applier's target) and start with firstStart(OLDEST) to go on from offset %s."
            .formatted(
                describe(),
                wanted,
                partition,
                first,
                end,
                wanted < first
                    ? "The %s events from there on expired (retention.ms, retention.bytes) or were deleted before they were read; what they said is lost here."
                        .formatted(first - wanted)
                    : "It ends before what was read already: the topic was made anew, or lost acknowledged events.",
                first));
  }

  private RuntimeException failure(KafkaException e) {
    // What the listener throws inside a rebalance comes out wrapped.
    for (Throwable t = e.getCause(); t != null; t = t.getCause()) {
      if (t instanceof RuntimeException own && !(t instanceof KafkaException)) {
        return own;
      }
    }
    if (e instanceof FencedInstanceIdException) {
      return new TransportException(
          "%s: another member joined under this one's group.instance.id '%s' and has its partitions now. This member stops, or the two would evict each other for ever. Give each member a name of its own."
              .formatted(describe(), settings.properties().get("group.instance.id")),
          e);
    }
    return KafkaFailures.of("Cannot read " + describe(), e);
  }

  private Delivery delivery(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), text(header.value()));
    }
    byte[] body = record.value() == null ? new byte[0] : record.value();
    return new Delivery(
        record.partition(), record.offset(), text(record.key()), new Encoded(body, headers));
  }

  private static String text(byte @Nullable [] utf8) {
    return utf8 == null ? "" : new String(utf8, StandardCharsets.UTF_8);
  }

  private TopicPartition partition(int partition) {
    return new TopicPartition(settings.topic(), partition);
  }

  private String describe() {
    return settings.describe() + ", group '" + group + "'";
  }

  /** Called by the consumer inside its poll, so on the polling thread. */
  private final class Rebalance implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      partitions.forEach(partition -> unplaced.add(partition.partition()));
      place();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      Set<Integer> gone = new TreeSet<>();
      for (TopicPartition partition : partitions) {
        unplaced.remove(partition.partition());
        merged.remove(partition.partition());
        if (placed.remove(partition.partition())) {
          gone.add(partition.partition());
        }
      }
      if (!gone.isEmpty()) {
        listener.revoked(gone);
      }
    }
  }
}
