package io.millrace.cdc.kafka;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What must be true of a topic before the first event. */
final class TopicCheck {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaTransport.class);
  private static final long VISIBLE_WITHIN_NANOS = 10_000_000_000L;

  private final KafkaSettings settings;

  TopicCheck(KafkaSettings settings) {
    this.settings = settings;
  }

  /** The topic as it is now; made first where that was asked for; empty where it is missing. */
  Optional<TopicFacts> facts() {
    try (Admin admin = settings.admin()) {
      Optional<TopicFacts> facts = TopicFacts.of(settings, admin);
      KafkaSettings.NewTopicShape shape = settings.create();
      if (facts.isPresent() || shape == null) {
        return facts;
      }
      TopicFacts.create(settings, admin, shape);
      LOG.info("Created {} with {}", settings.describe(), shape);
      return visible(admin);
    } catch (KafkaException e) {
      throw KafkaFailures.of("Cannot connect to " + settings.describe(), e);
    }
  }

  /** The topic, which must be there. */
  TopicFacts required() {
    return facts()
        .orElseThrow(
            () -> new TransportException(missing().toString(), null, /* retryable= */ false));
  }

  List<Finding> findings(Optional<TopicFacts> found) {
    if (found.isEmpty()) {
      return List.of(missing());
    }
    TopicFacts facts = found.get();
    List<Finding> findings = new ArrayList<>();
    if (facts.cleanupPolicy().contains("compact")) {
      findings.add(
          Finding.refused(
              "kafka-cleanup-policy",
              "%s has cleanup.policy=%s, which removes events that somebody still has to read."
                  .formatted(settings.describe(), facts.cleanupPolicy()),
              alter("cleanup.policy=delete")));
    }
    if (settings.partitions().isPresent()
        && settings.partitions().getAsInt() != facts.partitions()) {
      findings.add(
          Finding.refused(
              "kafka-partitions",
              "%s has %s partitions, configured are %s: keys would change their partition and lose their order."
                  .formatted(
                      settings.describe(), facts.partitions(), settings.partitions().getAsInt()),
              "Use a topic with that many partitions, or drain it and change partitions(…)."));
    }
    if (!settings.singleBroker()) {
      durability(facts, findings);
    }
    if (facts.maxMessageBytes() < settings.maxEventBytes()) {
      findings.add(
          Finding.warning(
              "kafka-max-message-bytes",
              "%s takes events up to max.message.bytes=%s, less than the %s bytes of maxEventBytes."
                  .formatted(
                      settings.describe(), facts.maxMessageBytes(), settings.maxEventBytes()),
              alter("max.message.bytes=" + settings.maxEventBytes())));
    }
    return findings;
  }

  private void durability(TopicFacts facts, List<Finding> findings) {
    if (facts.replicas() < 2 || facts.minInSyncReplicas() < 2) {
      findings.add(
          Finding.refused(
              "kafka-replicas",
              "%s has %s replica(s) and min.insync.replicas=%s: an acknowledged event is lost with one broker."
                  .formatted(settings.describe(), facts.replicas(), facts.minInSyncReplicas()),
              "Use 3 replicas and "
                  + alter("min.insync.replicas=2")
                  + " For development say singleBroker()."));
    } else if (facts.replicas() == facts.minInSyncReplicas()) {
      findings.add(
          Finding.warning(
              "kafka-min-insync-replicas",
              "%s needs all of its %s replicas: publishing waits while one broker is away."
                  .formatted(settings.describe(), facts.replicas()),
              "Use one replica more than min.insync.replicas."));
    }
    if (facts.uncleanElection()) {
      findings.add(
          Finding.refused(
              "kafka-unclean-election",
              "%s has unclean.leader.election.enable=true: a replica without acknowledged events may lead."
                  .formatted(settings.describe()),
              alter("unclean.leader.election.enable=false")));
    }
  }

  private Finding missing() {
    return Finding.refused(
        "kafka-topic-missing",
        settings.describe() + " does not exist.",
        "kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions 12 --replication-factor 3 --config min.insync.replicas=2 or createTopic(12, 3)."
            .formatted(settings.bootstrapServers(), settings.topic()));
  }

  private String alter(String setting) {
    return "kafka-configs.sh --bootstrap-server %s --alter --topic %s --add-config %s"
        .formatted(settings.bootstrapServers(), settings.topic(), setting);
  }

  /** A topic just made is not known to every broker at once. */
  private Optional<TopicFacts> visible(Admin admin) {
    long start = System.nanoTime();
    Optional<TopicFacts> facts = TopicFacts.of(settings, admin);
    while (facts.isEmpty() && System.nanoTime() - start < VISIBLE_WITHIN_NANOS) {
      LockSupport.parkNanos(20_000_000L);
      facts = TopicFacts.of(settings, admin);
    }
    return facts;
  }
}
