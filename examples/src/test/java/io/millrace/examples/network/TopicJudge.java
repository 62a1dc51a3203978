package io.millrace.examples.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Reads a topic from its start, over a good network: every count of every row, in order. */
final class TopicJudge {
  private final KafkaServer kafka;
  private final String topic;
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<String, Version> versions = new HashMap<>();

  TopicJudge(KafkaServer kafka, String topic) {
    this.kafka = kafka;
    this.topic = topic;
  }

  void check(Map<Integer, Integer> committed) throws InterruptedException {
    long start = System.nanoTime();
    KafkaTransport transport =
        KafkaTransport.builder()
            .bootstrapServers(kafka.bootstrapServers())
            .topic(topic)
            .singleBroker()
            .build();
    try (Subscription subscription =
        transport.subscriber(topic + "-judge").open(new FromOldest())) {
      while (!complete(committed)) {
        assertThat(System.nanoTime() - start)
            .as("read %s of %s", counts, committed)
            .isLessThan(TimeUnit.SECONDS.toNanos(60));
        for (Delivery delivery : subscription.poll(1_000, Duration.ofMillis(100))) {
          take(delivery);
        }
      }
    }
  }

  private void take(Delivery delivery) {
    ChangeEvent event = ProtobufCodec.instance().decode(delivery.event());
    if (!event.entity().equals("order")) {
      return; // a heartbeat
    }
    Version before = versions.get(event.id());
    if (before != null && before.compareTo(event.version()) >= 0) {
      return; // published again
    }
    versions.put(event.id(), event.version());
    if (event.newValue() != null) {
      int n = Integer.parseInt(String.valueOf(event.newValue().get("n")));
      assertThat(n).as("%s", event).isEqualTo(counts.getOrDefault(event.id(), 0) + 1);
      counts.put(event.id(), n);
    }
  }

  private boolean complete(Map<Integer, Integer> committed) {
    return committed.entrySet().stream()
        .allMatch(row -> counts.getOrDefault(row.getKey().toString(), 0) >= row.getValue());
  }

  private static final class FromOldest implements AssignmentListener {
    @Override
    public Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions) {
      return partitions.stream().collect(Collectors.toMap(p -> p, p -> StartOffset.oldest()));
    }

    @Override
    public void revoked(Set<Integer> partitions) {
      // One member only.
    }
  }
}
