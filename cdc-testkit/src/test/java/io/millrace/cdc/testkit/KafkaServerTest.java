package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

final class KafkaServerTest {

  @Test
  void what_is_produced_is_consumed() throws Exception {
    KafkaServer kafka = KafkaServer.shared();
    String topic = kafka.uniqueName("orders");
    kafka.createTopic(topic, 3, Map.of("retention.ms", "-1"));

    produce(kafka, topic, "one");
    produce(kafka, topic, "two");

    assertThat(consume(kafka, topic, 2)).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void topics_are_not_made_by_use() throws Exception {
    KafkaServer kafka = KafkaServer.shared();
    String topic = kafka.uniqueName("nobody-made-this");

    assertThatThrownBy(() -> produce(kafka, topic, "lost")).isNotNull();
    try (Admin admin = kafka.admin()) {
      assertThat(admin.listTopics().names().get(10, TimeUnit.SECONDS)).doesNotContain(topic);
    }
  }

  @Test
  void stopped_and_killed_brokers_start_again_on_the_same_port_and_data() throws Exception {
    try (KafkaServer kafka = KafkaServer.startDedicated()) {
      int port = kafka.port();
      kafka.createTopic("orders", 1);
      produce(kafka, "orders", "one");
      kafka.stop();
      kafka.start();
      produce(kafka, "orders", "two");
      kafka.kill();
      assertThat(kafka.isRunning()).isFalse();
      kafka.start();

      assertThat(kafka.port()).isEqualTo(port);
      assertThat(consume(kafka, "orders", 2)).containsExactly("one", "two");
    }
  }

  @Test
  void the_brokers_jars_stay_off_the_class_path() {
    assertThatThrownBy(() -> Class.forName("kafka.Kafka"))
        .isInstanceOf(ClassNotFoundException.class);
  }

  private static void produce(KafkaServer kafka, String topic, String value) throws Exception {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            kafka.bootstrapServers(),
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            3000);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(topic, value)).get(30, TimeUnit.SECONDS);
    }
  }

  private static List<String> consume(KafkaServer kafka, String topic, int count) {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers(),
            ConsumerConfig.GROUP_ID_CONFIG, kafka.uniqueName("group"),
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(Set.of(topic));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (values.size() < count && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
      }
    }
    return values;
  }
}
