package io.millrace.cdc.kafka;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.internal.KeySpread;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Publishes with an idempotent producer. Used by one thread, except {@link #close} and the
 * acknowledgements.
 *
 * <p>After one event has failed, every later one fails too until {@link #preflight} makes a new
 * producer: so nothing that was published after it passes for acknowledged.
 */
final class KafkaPublisher implements Publisher {
  private static final long COUNT_CHECK_NANOS = 1_000_000_000L;

  /** Frame of a batch with one record, and of a header, both rounded up. */
  private static final int RECORD_OVERHEAD = 128;

  private static final int HEADER_OVERHEAD = 16;

  private final KafkaSettings settings;
  private final TopicCheck check;
  private volatile @Nullable Sender sender;
  private volatile boolean closed;
  private int pinnedPartitions;

  KafkaPublisher(KafkaSettings settings) {
    this.settings = settings;
    this.check = new TopicCheck(settings);
  }

  @Override
  public String describe() {
    return settings.describe();
  }

  @Override
  public List<Finding> preflight() {
    Optional<TopicFacts> facts = check.facts();
    List<Finding> findings = check.findings(facts);
    if (facts.isPresent()) {
      open(facts.get());
    }
    return findings;
  }

  @Override
  public void publish(String routingKey, Encoded event, PublishCallback callback)
      throws InterruptedException {
    Sender current = sender;
    if (current == null) {
      current = open(check.required());
    }
    current.send(routingKey, event, callback);
  }

  @Override
  public List<String> keysOfAllPartitions(String prefix) {
    return pinnedPartitions == 0
        ? List.of(prefix)
        : KeySpread.over(pinnedPartitions, prefix, key -> partition(utf8(key)));
  }

  private int partition(byte[] key) {
    return Utils.toPositive(Utils.murmur2(key)) % pinnedPartitions;
  }

  @Override
  public void close(Duration timeout) {
    closed = true;
    Sender current = sender;
    sender = null;
    if (current != null) {
      current.close(timeout);
    }
  }

  private Sender open(TopicFacts facts) {
    if (closed) {
      throw new TransportException(
          "The publisher to " + describe() + " is closed; make a new one.");
    }
    if (pinnedPartitions == 0) {
      pinnedPartitions = facts.partitions();
    } else if (pinnedPartitions != facts.partitions()) {
      throw countChanged(facts.partitions());
    }
    int limit = Math.min(settings.maxEventBytes(), facts.maxMessageBytes());
    Sender old = sender;
    if (old != null && old.failure == null) {
      old.limit = limit;
      return old;
    }
    if (old != null) {
      old.close(Duration.ZERO);
    }
    Sender opened = new Sender(limit);
    sender = opened;
    return opened;
  }

  private TransportException countChanged(int now) {
    return new TransportException(
        "%s had %s partitions and has %s now: keys change their partition and lose their order. Move to a new topic with %s partitions, or drain all consumers and restart every publisher."
            .formatted(describe(), pinnedPartitions, now, now));
  }

  /** One producer, from its opening to its first failure. */
  private final class Sender {
    private int limit;
    private final KafkaProducer<byte[], byte[]> producer;
    private volatile @Nullable TransportException failure;
    private long checkedNanos = System.nanoTime();

    Sender(int limit) {
      this.limit = limit;
      try {
        this.producer =
            new KafkaProducer<>(
                settings.producer(), new ByteArraySerializer(), new ByteArraySerializer());
      } catch (KafkaException e) {
        throw KafkaFailures.of("Cannot make a producer for " + describe(), e);
      }
    }

    void send(String routingKey, Encoded event, PublishCallback callback)
        throws InterruptedException {
      byte[] key = routingKey.getBytes(StandardCharsets.UTF_8);
      checkSize(key, event, routingKey);
      TransportException failed = failure;
      if (failed != null) {
        throw following(failed);
      }
      try {
        checkCount();
        int partition = partition(key);
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(
                settings.topic(), partition, null, key, event.body(), headers(event));
        var unused =
            producer.send(record, (metadata, error) -> completed(routingKey, callback, error));
      } catch (InterruptException e) {
        throw interrupted(e);
      } catch (KafkaException | IllegalStateException e) {
        throw KafkaFailures.of("Cannot publish '" + routingKey + "' to " + describe(), e);
      }
    }

    private void completed(String routingKey, PublishCallback callback, @Nullable Exception error) {
      TransportException failed = failure;
      if (failed != null) {
        callback.failed(following(failed));
      } else if (error == null) {
        callback.acknowledged();
      } else {
        TransportException first =
            KafkaFailures.of("Could not publish '" + routingKey + "' to " + describe(), error);
        failure = first;
        callback.failed(first);
        // What was sent after it must not reach the channel before it does: nothing is in flight in
        // its partition (one request at a time), and what waits in the producer is given up here.
        producer.close(Duration.ZERO);
      }
    }

    private TransportException following(TransportException first) {
      return new TransportException(
          "Not published to "
              + describe()
              + " since an earlier event failed: "
              + first.getMessage(),
          first,
          true);
    }

    private void checkSize(byte[] key, Encoded event, String routingKey) {
      long size = RECORD_OVERHEAD + key.length + (long) event.body().length;
      for (Map.Entry<String, String> header : event.headers().entrySet()) {
        size += HEADER_OVERHEAD + utf8(header.getKey()).length + utf8(header.getValue()).length;
      }
      if (size > limit) {
        throw new UnpublishableException(
            "The event of key '%s' needs about %s bytes, %s takes %s (the smaller of maxEventBytes=%s and the topic's max.message.bytes). Raise both, or leave large columns out."
                .formatted(routingKey, size, describe(), limit, settings.maxEventBytes()));
      }
    }

    private void checkCount() {
      long now = System.nanoTime();
      if (now - checkedNanos < COUNT_CHECK_NANOS) {
        return;
      }
      checkedNanos = now;
      int count = producer.partitionsFor(settings.topic()).size();
      if (count != pinnedPartitions) {
        throw countChanged(count);
      }
    }

    void close(Duration timeout) {
      try {
        producer.close(timeout);
      } catch (InterruptException e) {
        // The flag is set again by the exception; close what is left without waiting.
        producer.close(Duration.ZERO);
      }
    }
  }

  private static RecordHeaders headers(Encoded event) {
    RecordHeaders headers = new RecordHeaders();
    event.headers().forEach((name, value) -> headers.add(name, utf8(value)));
    return headers;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Kafka's exception has set the flag; Java's own clears it, since it is the flag from here on.
   */
  static InterruptedException interrupted(InterruptException e) {
    Thread.interrupted();
    InterruptedException interrupted = new InterruptedException(e.getMessage());
    interrupted.initCause(e);
    return interrupted;
  }
}
