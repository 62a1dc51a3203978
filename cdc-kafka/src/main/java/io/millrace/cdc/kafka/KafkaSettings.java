package io.millrace.cdc.kafka;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a topic and how to reach it.
 *
 * @param properties the user's own client properties
 * @param create how to make the topic where it is missing; null where it must be there
 * @param partitions how many the topic must have; empty where any number will do at the start
 * @param singleBroker too few replicas are accepted
 * @param maxEventBytes largest record that is sent
 */
record KafkaSettings(
    String bootstrapServers,
    String topic,
    Map<String, String> properties,
    @Nullable NewTopicShape create,
    OptionalInt partitions,
    boolean singleBroker,
    int maxEventBytes) {

  /** Limit of one request to the cluster outside publishing and polling. */
  static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

  /** A topic to be made. */
  record NewTopicShape(int partitions, short replicationFactor) {}

  KafkaSettings {
    // Prints in one order and may hold passwords: describe() leaves it out.
    properties = Collections.unmodifiableMap(new TreeMap<>(properties));
  }

  /** Properties that Kafka does not know, or knows to be secret, without their values. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(describe());
    properties.forEach(
        (name, value) ->
            text.append(text.indexOf(" {") < 0 ? " {" : ", ")
                .append(name)
                .append('=')
                .append(secret(name) ? "<hidden>" : value));
    return text.append(properties.isEmpty() ? "" : "}").toString();
  }

  private static boolean secret(String property) {
    ConfigDef.ConfigKey key = ConsumerConfig.configDef().configKeys().get(property);
    if (key == null) {
      key = ProducerConfig.configDef().configKeys().get(property);
    }
    return key == null || key.type() == ConfigDef.Type.PASSWORD;
  }

  String describe() {
    return "Kafka topic '" + topic + "' at " + bootstrapServers;
  }

  /** The user's properties that a client knows, or that none knows (a callback handler's own). */
  private Map<String, Object> propertiesOf(Set<String> known) {
    Map<String, Object> chosen = new TreeMap<>();
    properties.forEach(
        (key, value) -> {
          boolean foreign =
              !ProducerConfig.configNames().contains(key)
                  && !ConsumerConfig.configNames().contains(key)
                  && !AdminClientConfig.configNames().contains(key);
          if (foreign || known.contains(key)) {
            chosen.put(key, value);
          }
        });
    chosen.put("bootstrap.servers", bootstrapServers);
    chosen.put("client.id", "millrace-" + topic + "-" + UUID.randomUUID());
    chosen.putIfAbsent("enable.metrics.push", "false");
    return chosen;
  }

  Admin admin() {
    Map<String, Object> config = propertiesOf(AdminClientConfig.configNames());
    config.putIfAbsent(
        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) REQUEST_TIMEOUT.toMillis() / 3);
    // The admin client refuses a limit that is below that of one request.
    int request = Integer.parseInt(String.valueOf(config.get("request.timeout.ms")));
    config.putIfAbsent(
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
        Math.max(request, (int) REQUEST_TIMEOUT.toMillis()));
    return Admin.create(config);
  }

  Map<String, Object> producer() {
    Map<String, Object> config = propertiesOf(ProducerConfig.configNames());
    config.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
    // Above what a pipeline lets be in flight, so that it waits with its lease in hand, not here.
    config.putIfAbsent(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L * 1024 * 1024);
    config.putIfAbsent(ProducerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // Not five: idempotence keeps the order only where the broker knows the producer (ADR 6).
    config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    config.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, maxEventBytes);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    return config;
  }

  Map<String, Object> consumer(String group) {
    Map<String, Object> config = propertiesOf(ConsumerConfig.configNames());
    config.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    // One fetch is in flight to a broker: a partition that goes on waits for one that finds
    // nothing.
    config.putIfAbsent(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    // A killed member's partitions are idle for that long; offsets are fenced in the target anyway.
    config.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    config.putIfAbsent(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 3_000);
    // Outside of polls the consumer's thread waits for answers; Kafka's own limit is a minute.
    config.putIfAbsent(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) REQUEST_TIMEOUT.toMillis());
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    return config;
  }
}
