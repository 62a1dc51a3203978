package io.millrace.cdc.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Backlogs that a busy broker gives one partition after the other. */
@NeedsServer(ServerKind.KAFKA)
class MergedPartitionsTest {
  private static final int PARENTS = 0;
  private static final int CHILDREN = 1;

  /** Never: what is known to be there comes, however busy the machine is. */
  private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofMinutes(5);

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long TIME = 1_700_000_000_000L;

  private final KafkaServer server = KafkaServer.shared();
  private final String topic = server.uniqueName("merged");
  private KafkaSettings settings;

  @BeforeEach
  void name_the_topic() {
    settings =
        new KafkaSettings(
            server.bootstrapServers(), topic, Map.of(), null, OptionalInt.empty(), true, 1_000_000);
  }

  @Test
  void no_child_of_a_backlog_comes_before_its_parent() throws Exception {
    int count = 30_000;
    createTopic(3);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < count; i++) {
        // All parents are small and all children large: partitions are read at different speeds.
        send(producer, PARENTS, TIME + 2L * i, i, 40);
        send(producer, CHILDREN, TIME + 2L * i + 1, i, 400);
      }
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      MergedPartitions merged = merged(consumer, 3, AS_LONG_AS_IT_TAKES);
      int[] next = new int[2];
      await(
          "all of them",
          () -> {
            for (ConsumerRecord<byte[], byte[]> record : merged.poll(500, POLL)) {
              assertThat(number(record.value())).isEqualTo(next[record.partition()]++);
              assertThat(next[PARENTS]).isBetween(next[CHILDREN], next[CHILDREN] + 1);
            }
            return next[CHILDREN] == count;
          });
    }
  }

  @Test
  void what_waits_is_bounded_though_a_partition_is_far_ahead() throws Exception {
    int old = 25_000;
    int ahead = 60_000;
    createTopic(2);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < ahead; i++) {
        // A fetch brings twenty times as many of these.
        send(producer, CHILDREN, TIME + 10_000_000 + i, i, 30);
        if (i < old) {
          send(producer, PARENTS, TIME + i, i, 1_000);
        }
      }
    }
    int share = MergedPartitions.MAX_RECORDS / 2;
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      MergedPartitions merged = merged(consumer, 2, AS_LONG_AS_IT_TAKES);
      List<Integer> order = new ArrayList<>();
      await(
          "all of them",
          () -> {
            merged.poll(500, POLL).forEach(record -> order.add(record.partition()));
            assertThat(merged.size()).isLessThanOrEqualTo(2 * (share + 2_000));
            assertThat(merged.bytes()).isLessThan(MergedPartitions.MAX_BYTES + 2 * 2_000_000);
            return order.size() == old + ahead;
          });
      assertThat(order.subList(0, old)).containsOnly(PARENTS);
      assertThat(order.subList(old, old + ahead)).containsOnly(CHILDREN);
    }
  }

  @Test
  void a_partition_at_its_end_keeps_nobody_waiting() throws Exception {
    createTopic(4);
    try (KafkaProducer<byte[], byte[]> producer = producer();
        KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      send(producer, PARENTS, TIME, 0, 40);
      producer.flush();
      // With this patience, one wait for an empty partition would end the test by its limit.
      MergedPartitions merged = merged(consumer, 4, AS_LONG_AS_IT_TAKES);
      await("the first", () -> !merged.poll(10, POLL).isEmpty());
      for (int i = 1; i <= 50; i++) {
        send(producer, i % 2, TIME - i, i, 40);
        producer.flush();
        await("a record beside partitions at their end", () -> !merged.poll(10, POLL).isEmpty());
      }
    }
  }

  @Test
  void one_that_has_more_and_does_not_give_it_is_waited_for_only_once() throws Exception {
    createTopic(2);
    try (KafkaProducer<byte[], byte[]> producer = producer();
        KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      for (int i = 0; i < 1_000; i++) {
        send(producer, PARENTS, TIME + i, i, 40);
        send(producer, CHILDREN, TIME + 1_000 + i, i, 40);
      }
      producer.flush();
      MergedPartitions merged = merged(consumer, 2, Duration.ofSeconds(8));
      consumer.pause(List.of(new TopicPartition(topic, PARENTS))); // as if its broker were away
      long start = System.nanoTime();
      List<ConsumerRecord<byte[], byte[]>> first = merged.poll(100, Duration.ofSeconds(60));
      assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.SECONDS.toNanos(7));
      assertThat(first).hasSize(100).allMatch(record -> record.partition() == CHILDREN);
      start = System.nanoTime();
      for (int i = 0; i < 8; i++) {
        // 64 seconds in all, were it waited for each time.
        assertThat(merged.poll(100, POLL)).hasSize(100);
      }
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(50));
      consumer.resume(List.of(new TopicPartition(topic, PARENTS)));
      Map<Integer, Integer> rest = new TreeMap<>();
      await(
          "the rest",
          () -> {
            merged
                .poll(500, POLL)
                .forEach(record -> rest.merge(record.partition(), 1, Integer::sum));
            return rest.values().stream().mapToInt(n -> n).sum() == 1_100;
          });
      assertThat(rest).isEqualTo(Map.of(PARENTS, 1_000, CHILDREN, 100));
    }
  }

  @Test
  void what_was_fetched_and_not_handed_out_goes_with_its_partition() throws Exception {
    int count = 6_000;
    createTopic(4);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < count; i++) {
        send(producer, i % 4, TIME + i, i, 40);
      }
    }
    Map<Integer, Long> stored = new TreeMap<>(); // of both, as in a target
    try (Member first = new Member(stored)) {
      // In small steps, so that a slow rebalance does not find everything read.
      await("all partitions", () -> first.poll(5) > 0 && first.assigned.size() == 4);
      try (Member second = new Member(stored)) {
        await(
            "a share of the partitions each",
            () -> {
              first.poll(5);
              second.poll(5);
              return first.assigned.size() == 2 && second.assigned.size() == 2;
            });
        assertThat(total(stored)).as("some of it was read after the rebalance").isLessThan(count);
        await(
            "the rest",
            () -> {
              first.poll();
              second.poll();
              return total(stored) == count;
            });
      }
    }
  }

  @Test
  void after_a_seek_nothing_fetched_before_is_handed_out() throws Exception {
    createTopic(2);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < 2_000; i++) {
        send(producer, i % 2, TIME + i, i / 2, 40);
      }
    }
    try (Member member = new Member(new TreeMap<>())) {
      await("some", () -> member.poll() > 0);
      member.subscription.seek(Map.of(PARENTS, 3L));
      member.stored.put(PARENTS, 3L);
      List<Delivery> deliveries = new ArrayList<>();
      await(
          "the rest",
          () -> {
            deliveries.addAll(member.subscription.poll(100, POLL));
            return deliveries.stream().filter(d -> d.partition() == PARENTS).count() >= 997;
          });
      assertThat(deliveries.stream().filter(d -> d.partition() == PARENTS).map(Delivery::offset))
          .containsExactlyElementsOf(IntStream.range(3, 1_000).mapToObj(i -> (long) i).toList());
    }
  }

  /** The times of these tests are long ago, so nothing may expire by them. */
  private void createTopic(int partitions) {
    server.createTopic(topic, partitions, Map.of("retention.ms", "-1"));
  }

  private MergedPartitions merged(
      KafkaConsumer<byte[], byte[]> consumer, int partitions, Duration patience) {
    MergedPartitions merged = new MergedPartitions(consumer, topic, patience);
    List<TopicPartition> all =
        IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i)).toList();
    consumer.assign(all);
    consumer.seekToBeginning(all);
    IntStream.range(0, partitions).forEach(merged::add);
    return merged;
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        settings.consumer(topic), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        settings.producer(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void send(
      KafkaProducer<byte[], byte[]> producer, int partition, long time, int number, int size) {
    byte[] value = ByteBuffer.allocate(size).putInt(number).array();
    var unused =
        producer.send(
            new ProducerRecord<>(
                topic,
                partition,
                time,
                ("k" + number % 7).getBytes(StandardCharsets.UTF_8),
                value));
  }

  private static int number(byte[] value) {
    return ByteBuffer.wrap(value).getInt();
  }

  private static long total(Map<Integer, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long start = System.nanoTime();
    boolean met;
    do {
      met = condition.call();
      assertThat(System.nanoTime() - start).as(what).isLessThan(LIMIT.toNanos());
    } while (!met);
  }

  /**
   * Starts where the last one stopped, and checks that every delivery is the next one of its own.
   */
  private final class Member implements AssignmentListener, AutoCloseable {
    final Map<Integer, Long> stored;
    final Set<Integer> assigned = new TreeSet<>();
    final Subscription subscription;

    Member(Map<Integer, Long> stored) {
      this.stored = stored;
      this.subscription =
          KafkaTransport.builder()
              .bootstrapServers(server.bootstrapServers())
              .topic(topic)
              .singleBroker()
              .build()
              .subscriber(topic + "-group")
              .open(this);
    }

    int poll() throws InterruptedException {
      return poll(100);
    }

    int poll(int most) throws InterruptedException {
      List<Delivery> deliveries = subscription.poll(most, Duration.ofMillis(50));
      for (Delivery delivery : deliveries) {
        assertThat(assigned).contains(delivery.partition());
        assertThat(delivery.offset()).isEqualTo(stored.get(delivery.partition()));
        stored.put(delivery.partition(), delivery.offset() + 1);
      }
      return deliveries.size();
    }

    @Override
    public Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions) {
      assigned.addAll(partitions);
      partitions.forEach(partition -> stored.putIfAbsent(partition, 0L));
      return partitions.stream()
          .collect(Collectors.toMap(p -> p, p -> StartOffset.at(stored.getOrDefault(p, 0L))));
    }

    @Override
    public void revoked(Set<Integer> partitions) {
      assigned.removeAll(partitions);
    }

    @Override
    public void close() {
      subscription.close();
    }
  }
}
