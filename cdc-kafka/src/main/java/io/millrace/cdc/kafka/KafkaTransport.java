package io.millrace.cdc.kafka;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One Kafka topic as a channel. Immutable; nothing is connected until a publisher or subscriber is
 * used. Safe for use by several threads.
 *
 * <p>The record key is the routing key in UTF-8, and the partition follows from it as Kafka's own
 * clients compute it (murmur2), so other producers of the topic agree. The partition count is fixed
 * when a publisher opens; raising it would move keys and break their order, and is an error.
 *
 * <p>A subscriber reads its partitions in the order of their records' times, through a backlog too:
 * one that is ahead waits, with a bounded buffer, for what is known to stand in another. One that
 * has nothing keeps nobody waiting, nor, for more than a second, does one that gives nothing.
 *
 * <p><b>Static membership.</b> {@code property("group.instance.id", "applier-1")} gives a member of
 * the subscriber's group a name of its own. A member that comes back under its name within {@code
 * session.timeout.ms} (10 s by default here) gets its partitions back at once and moves nobody
 * else's: a rolling restart costs no rebalance, and a killed JVM that is started again does not
 * wait until the group has given up its former self. It hurts where the name does not come back: a
 * static member does not leave when it is closed, so its partitions are read by nobody until the
 * session time-out, at every scale-down, every move to another name, and every restart where names
 * are made anew (random ones, the pod names of a Kubernetes Deployment; a StatefulSet's stay). Of
 * two members under one name the earlier is put out and fails, and says why: so a transport with a
 * name can have one subscription per group at a time. What was applied is safe in all of these:
 * offsets live in the target.
 */
public final class KafkaTransport {
  private final KafkaSettings settings;

  private KafkaTransport(KafkaSettings settings) {
    this.settings = settings;
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A new publisher to the topic. */
  public Publisher publisher() {
    return new KafkaPublisher(settings);
  }

  /**
   * A subscriber of the consumer group; its subscriptions share the partitions among them.
   *
   * @param group name of the consumer group
   */
  public Subscriber subscriber(String group) {
    return new KafkaSubscriber(settings, Check.notBlank(group, "group"));
  }

  /** Topic, address and properties; those that may be secret as {@code <hidden>}. */
  @Override
  public String toString() {
    return settings.toString();
  }

  /** Collects the settings. Not safe for use by several threads. */
  public static final class Builder {
    /** What the library's promises rest on, and who sets it. */
    private static final Map<String, String> OWNED =
        Map.of(
            "bootstrap.servers", "use bootstrapServers(…)",
            "group.id", "use subscriber(group)",
            "max.request.size", "use maxEventBytes(…)");

    private static final Set<String> FIXED =
        Set.of(
            "acks",
            "enable.idempotence",
            "max.in.flight.requests.per.connection",
            "retries",
            "delivery.timeout.ms",
            "max.block.ms",
            "transactional.id",
            "partitioner.class",
            "partitioner.ignore.keys",
            "key.serializer",
            "value.serializer",
            "key.deserializer",
            "value.deserializer",
            "auto.offset.reset",
            "enable.auto.commit",
            "allow.auto.create.topics",
            "partition.assignment.strategy",
            "group.protocol",
            "client.id");

    private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9._-]{1,249}");

    private @Nullable String bootstrapServers;
    private @Nullable String topic;
    private final Map<String, String> properties = new TreeMap<>();
    private KafkaSettings.@Nullable NewTopicShape create;
    private OptionalInt partitions = OptionalInt.empty();
    private boolean singleBroker;
    private int maxEventBytes = 1_000_000;

    private Builder() {}

    /** Addresses of the cluster, {@code host:port,host:port}. Required. */
    public Builder bootstrapServers(String servers) {
      this.bootstrapServers = Check.notBlank(servers, "bootstrapServers");
      return this;
    }

    /**
     * Name of the topic. Required.
     *
     * @throws IllegalArgumentException where Kafka has no topics of that name
     */
    public Builder topic(String topic) {
      Check.argument(
          TOPIC.matcher(Check.notBlank(topic, "topic")).matches()
              && !topic.equals(".")
              && !topic.equals(".."),
          "a Kafka topic's name has 1 to 249 of the characters A-Z a-z 0-9 . _ - and is not . or .., got '%s'",
          topic);
      this.topic = topic;
      return this;
    }

    /**
     * Makes the topic where it is missing, with {@code min.insync.replicas} one below the
     * replication factor; by default a missing topic is refused.
     *
     * @param partitions at least 1; cannot be raised later without breaking the order of keys
     * @param replicationFactor at least 1; 3 is usual
     */
    public Builder createTopic(int partitions, int replicationFactor) {
      Check.argument(partitions >= 1, "partitions must be at least 1, got %s", partitions);
      Check.argument(
          replicationFactor >= 1 && replicationFactor <= Short.MAX_VALUE,
          "replicationFactor must be 1 to 32767, got %s",
          replicationFactor);
      this.create = new KafkaSettings.NewTopicShape(partitions, (short) replicationFactor);
      return this;
    }

    /** How many partitions the topic must have; default: as many as it has when first connected. */
    public Builder partitions(int partitions) {
      Check.argument(partitions >= 1, "partitions must be at least 1, got %s", partitions);
      this.partitions = OptionalInt.of(partitions);
      return this;
    }

    /** Accepts a topic whose events are lost with one broker: for development and tests. */
    public Builder singleBroker() {
      this.singleBroker = true;
      return this;
    }

    /**
     * Largest event in bytes with key and headers; default 1,000,000. The topic's limit counts too.
     */
    public Builder maxEventBytes(int bytes) {
      Check.argument(bytes >= 1_024, "maxEventBytes must be at least 1024, got %s", bytes);
      this.maxEventBytes = bytes;
      return this;
    }

    /**
     * A property of the Kafka clients that this builder has no method for: security, batching,
     * compression, {@code group.instance.id} (see {@link KafkaTransport}).
     *
     * @throws IllegalArgumentException for a property that the library's promises rest on
     */
    public Builder property(String name, String value) {
      Check.notBlank(name, "name");
      String instead = OWNED.get(name);
      Check.argument(instead == null, "property '%s' is set by the library: %s", name, instead);
      Check.argument(
          !FIXED.contains(name),
          "property '%s' cannot be changed: order and durability rest on it",
          name);
      properties.put(name, Check.notNull(value, "value"));
      return this;
    }

    /**
     * The transport; nothing is connected.
     *
     * @throws ConfigurationException with every problem found
     */
    public KafkaTransport build() {
      List<String> problems = new ArrayList<>();
      if (bootstrapServers == null) {
        problems.add("the address is missing: bootstrapServers(\"host:port\")");
      }
      if (topic == null) {
        problems.add("the topic is missing: topic(…)");
      }
      if (create != null
          && partitions.isPresent()
          && create.partitions() != partitions.getAsInt()) {
        problems.add(
            "createTopic says %s partitions and partitions(…) says %s"
                .formatted(create.partitions(), partitions.getAsInt()));
      }
      if (create != null && create.replicationFactor() == 1 && !singleBroker) {
        problems.add(
            "createTopic with one replica loses events with its broker: use 3, or singleBroker() for a test");
      }
      if (bootstrapServers == null || topic == null || !problems.isEmpty()) {
        throw new ConfigurationException("Kafka transport", problems);
      }
      return new KafkaTransport(
          new KafkaSettings(
              bootstrapServers,
              topic,
              properties,
              create,
              partitions,
              singleBroker,
              maxEventBytes));
    }
  }
}
