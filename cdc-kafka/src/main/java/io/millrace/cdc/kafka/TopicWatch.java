package io.millrace.cdc.kafka;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.transport.Channel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the topic is another one than the one joined, or has other partitions: the consumer
 * reads on in a topic made anew as if nothing had been, from the old one's offsets. Asks every
 * second and never waits for the answer. Used by one thread.
 */
final class TopicWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaTransport.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final KafkaSettings settings;
  private @Nullable Admin admin;
  private @Nullable KafkaFuture<TopicDescription> asked;
  private long askedNanos;

  TopicWatch(KafkaSettings settings) {
    this.settings = settings;
  }

  /**
   * Looks at the last answer, and asks again when it is time to.
   *
   * @throws TransportException for good, where the topic is not what was joined
   */
  void check(Channel joined) {
    KafkaFuture<TopicDescription> answer = asked;
    if (answer != null && answer.isDone()) {
      asked = null;
      @Nullable TopicDescription now = result(joined, answer);
      if (now != null) {
        compare(joined, now.topicId().toString(), now.partitions().size());
      }
    }
    long now = System.nanoTime();
    if (asked == null && (askedNanos == 0 || now - askedNanos >= EVERY_NANOS)) {
      askedNanos = now;
      Admin open = admin;
      if (open == null) {
        open = settings.admin();
        admin = open;
      }
      asked =
          open.describeTopics(List.of(settings.topic())).topicNameValues().get(settings.topic());
    }
  }

  /** Null where the cluster could not say. */
  private @Nullable TopicDescription result(Channel joined, KafkaFuture<TopicDescription> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw gone(joined, e);
      }
      LOG.debug("Could not look whether {} is still the same", settings.describe(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  /** Compares the topic with the one that was joined. */
  void compare(Channel joined, String id, int partitions) {
    if (!id.equals(joined.incarnation())) {
      throw new TransportException(
          "%s was deleted and made anew while it was read: it had id %s and has id %s now. Offsets of the old topic mean nothing in the new one, and what was not read of the old one is gone. Compare both sides; then remove the stored offsets of this channel (table applier_offset of an applier's target), so that reading starts at the oldest event."
              .formatted(settings.describe(), joined.incarnation(), id));
    }
    if (partitions != joined.partitions()) {
      throw new TransportException(
          "%s had %s partitions when it was joined and has %s now: keys change their partition, and a later event of a key may be read before an earlier one. Stop every publisher. Set column partitions of this channel's stored offsets to %s (table applier_offset of an applier's target), start the applier with firstStart(OLDEST), wait until it has caught up, and start the publishers again."
              .formatted(settings.describe(), joined.partitions(), partitions, partitions));
    }
  }

  private TransportException gone(Channel joined, Throwable cause) {
    return new TransportException(
        "%s (id %s) was deleted while it was read. What was not read of it is gone. Make it again and compare both sides."
            .formatted(settings.describe(), joined.incarnation()),
        cause);
  }

  @Override
  public void close() {
    Admin open = admin;
    if (open != null) {
      open.close(Duration.ZERO);
    }
  }
}
