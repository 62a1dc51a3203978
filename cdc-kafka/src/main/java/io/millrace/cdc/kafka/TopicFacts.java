package io.millrace.cdc.kafka;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.transport.Channel;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * A topic as the cluster describes it.
 *
 * @param id the topic's own id
 * @param partitions how many
 * @param replicas the fewest that any partition has
 * @param minInSyncReplicas how many must have an event before it is acknowledged
 * @param cleanupPolicy {@code delete}, {@code compact} or both
 * @param maxMessageBytes largest batch that the topic takes
 * @param uncleanElection whether a replica that lacks acknowledged events may lead
 */
record TopicFacts(
    String id,
    int partitions,
    int replicas,
    int minInSyncReplicas,
    String cleanupPolicy,
    int maxMessageBytes,
    boolean uncleanElection) {

  /** Asks the cluster; empty where there is no such topic. */
  static Optional<TopicFacts> of(KafkaSettings settings, Admin admin) {
    String topic = settings.topic();
    String what = "Cannot describe " + settings.describe();
    TopicDescription description;
    try {
      description =
          KafkaFailures.get(admin.describeTopics(List.of(topic)).allTopicNames(), what).get(topic);
    } catch (TransportException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e;
    }
    if (description == null) {
      return Optional.empty();
    }
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Map<ConfigResource, Config> configs =
        KafkaFailures.get(admin.describeConfigs(List.of(resource)).all(), what);
    Collection<ConfigEntry> entries =
        configs.getOrDefault(resource, new Config(List.of())).entries();
    return Optional.of(
        new TopicFacts(
            description.topicId().toString(),
            description.partitions().size(),
            description.partitions().stream().mapToInt(p -> p.replicas().size()).min().orElse(0),
            Integer.parseInt(value(entries, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "1")),
            value(entries, TopicConfig.CLEANUP_POLICY_CONFIG, "delete"),
            Integer.parseInt(value(entries, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "1048588")),
            Boolean.parseBoolean(
                value(entries, TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false"))));
  }

  /** Makes the topic; does nothing where another was quicker. */
  static void create(KafkaSettings settings, Admin admin, KafkaSettings.NewTopicShape shape) {
    NewTopic topic =
        new NewTopic(settings.topic(), shape.partitions(), shape.replicationFactor())
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    "delete",
                    TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                    Integer.toString(Math.max(1, shape.replicationFactor() - 1))));
    try {
      KafkaFailures.get(
          admin.createTopics(List.of(topic)).all(), "Cannot create " + settings.describe());
    } catch (TransportException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  Channel channel(String topic) {
    return new Channel("kafka", topic, id, partitions);
  }

  private static String value(Collection<ConfigEntry> entries, String name, String unknown) {
    for (ConfigEntry entry : entries) {
      if (entry.name().equals(name) && entry.value() != null) {
        return entry.value();
      }
    }
    return unknown;
  }
}
