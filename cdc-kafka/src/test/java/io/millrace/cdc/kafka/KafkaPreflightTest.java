package io.millrace.cdc.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.KAFKA)
class KafkaPreflightTest {
  private final KafkaServer server = KafkaServer.shared();
  private final String topic = server.uniqueName("preflight");

  @Test
  void a_missing_topic_is_refused_with_the_command_that_makes_it() {
    assertThat(findings(transport().singleBroker()))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Finding.Severity.REFUSED);
              assertThat(finding.code()).isEqualTo("kafka-topic-missing");
              assertThat(finding.remedy()).contains("kafka-topics.sh", "--create", topic);
            });
    assertThat(transport().singleBroker().build().subscriber("g").preflight()).hasSize(1);
  }

  @Test
  void a_missing_topic_is_made_where_that_was_asked_for() throws Exception {
    assertThat(findings(transport().singleBroker().createTopic(3, 1))).isEmpty();
    try (Admin admin = server.admin()) {
      assertThat(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions())
          .hasSize(3);
    }
  }

  @Test
  void a_compacted_topic_is_refused() {
    server.createTopic(topic, 1, Map.of("cleanup.policy", "compact,delete"));
    assertThat(findings(transport().singleBroker()))
        .extracting(Finding::code)
        .containsExactly("kafka-cleanup-policy");
  }

  @Test
  void one_replica_is_refused_unless_somebody_says_so() {
    server.createTopic(topic, 1);
    assertThat(findings(transport())).extracting(Finding::code).containsExactly("kafka-replicas");
    assertThat(findings(transport().singleBroker())).isEmpty();
  }

  @Test
  void another_number_of_partitions_than_configured_is_refused() {
    server.createTopic(topic, 3);
    assertThat(findings(transport().singleBroker().partitions(4)))
        .extracting(Finding::code)
        .containsExactly("kafka-partitions");
    assertThat(findings(transport().singleBroker().partitions(3))).isEmpty();
  }

  @Test
  void a_smaller_limit_of_the_topic_is_shown_and_counts() {
    server.createTopic(topic, 1, Map.of("max.message.bytes", "5000"));
    assertThat(findings(transport().singleBroker()))
        .singleElement()
        .satisfies(f -> assertThat(f.message()).contains("5000", "1000000"));
    try (Publisher publisher = transport().singleBroker().build().publisher()) {
      assertThatThrownBy(() -> publisher.publish("k", event(6_000), ignored()))
          .isInstanceOfSatisfying(
              TransportException.class, e -> assertThat(e.retryable()).isFalse())
          .hasMessageContaining("5000")
          .hasMessageContaining("'k'");
    }
  }

  @Test
  void an_event_just_below_the_limit_is_taken_by_the_broker() throws Exception {
    server.createTopic(topic, 1, Map.of("max.message.bytes", "5000"));
    CountDownLatch acknowledged = new CountDownLatch(1);
    try (Publisher publisher = transport().singleBroker().build().publisher()) {
      publisher.publish("k", event(4_871), callback(acknowledged));
      assertThat(acknowledged.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void a_raised_number_of_partitions_is_an_error_of_publisher_and_preflight() throws Exception {
    server.createTopic(topic, 2);
    try (Publisher publisher =
        transport().singleBroker().property("metadata.max.age.ms", "200").build().publisher()) {
      publisher.preflight();
      publisher.publish("k", event(1), ignored());
      try (Admin admin = server.admin()) {
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
      }
      assertThatThrownBy(() -> publishFor(publisher, Duration.ofSeconds(20)))
          .isInstanceOfSatisfying(
              TransportException.class, e -> assertThat(e.retryable()).isFalse())
          .hasMessageContaining("had 2 partitions and has 3");
      assertThatThrownBy(publisher::preflight).hasMessageContaining("had 2 partitions");
    }
  }

  @Test
  void a_key_goes_where_kafkas_own_clients_put_it() throws Exception {
    server.createTopic(topic, 7);
    Map<String, Object> address = Map.of("bootstrap.servers", server.bootstrapServers());
    int count = 50;
    try (Publisher publisher = transport().singleBroker().build().publisher();
        KafkaProducer<byte[], byte[]> plain =
            new KafkaProducer<>(address, new ByteArraySerializer(), new ByteArraySerializer())) {
      CountDownLatch all = new CountDownLatch(count);
      for (int i = 0; i < count; i++) {
        publisher.publish("order/ключ-" + i, event(1), callback(all));
        byte[] key = ("order/ключ-" + i).getBytes(StandardCharsets.UTF_8);
        plain.send(new ProducerRecord<>(topic, key, new byte[0])).get();
      }
      assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
    }
    Map<String, Integer> places = new HashMap<>();
    int read = 0;
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(address, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList());
      consumer.seekToBeginning(consumer.assignment());
      while (read < 2 * count) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          String key = new String(record.key(), StandardCharsets.UTF_8);
          Integer other = places.put(key, record.partition());
          assertThat(other == null || other == record.partition()).as(key).isTrue();
          read++;
        }
      }
    }
  }

  @Test
  void properties_that_promises_rest_on_cannot_be_set() {
    for (String name :
        List.of("acks", "enable.idempotence", "auto.offset.reset", "enable.auto.commit")) {
      assertThatThrownBy(() -> transport().property(name, "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(name);
    }
    assertThatThrownBy(() -> transport().property("group.id", "x"))
        .hasMessageContaining("subscriber(group)");
    assertThat(transport().property("sasl.jaas.config", "password=secret").build().toString())
        .doesNotContain("secret");
  }

  @Test
  void building_reports_every_problem_at_once() {
    assertThatThrownBy(() -> KafkaTransport.builder().createTopic(3, 1).partitions(4).build())
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(4));
  }

  private KafkaTransport.Builder transport() {
    return KafkaTransport.builder().bootstrapServers(server.bootstrapServers()).topic(topic);
  }

  private static List<Finding> findings(KafkaTransport.Builder transport) {
    try (Publisher publisher = transport.build().publisher()) {
      return publisher.preflight();
    }
  }

  private static void publishFor(Publisher publisher, Duration time) throws InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < time.toNanos()) {
      publisher.publish("k", event(1), ignored());
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static Encoded event(int bytes) {
    return new Encoded(new byte[bytes], Map.of());
  }

  private static PublishCallback ignored() {
    return callback(new CountDownLatch(1));
  }

  private static PublishCallback callback(CountDownLatch acknowledged) {
    return new PublishCallback() {
      @Override
      public void acknowledged() {
        acknowledged.countDown();
      }

      @Override
      public void failed(TransportException error) {
        throw error;
      }
    };
  }
}
