package io.millrace.cdc.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** The topic takes less than it did when the publisher asked: the broker says so, and late. */
@NeedsServer(ServerKind.KAFKA)
class LoweredLimitTest {
  private static final int COUNT = 40;
  private static final int LARGE = 7;

  private final KafkaServer server = KafkaServer.shared();
  private final String topic = server.uniqueName("lowered");

  @Test
  void nothing_of_a_key_reaches_the_topic_behind_an_event_that_the_broker_refuses()
      throws Exception {
    server.createTopic(topic, 1, Map.of("max.message.bytes", "100000"));
    KafkaTransport transport =
        KafkaTransport.builder()
            .bootstrapServers(server.bootstrapServers())
            .topic(topic)
            .singleBroker()
            .property("linger.ms", "50")
            .build();
    Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    Map<Integer, TransportException> failed = new ConcurrentHashMap<>();
    CountDownLatch told = new CountDownLatch(COUNT);
    try (Publisher publisher = transport.publisher();
        Subscription subscription = transport.subscriber(topic).open(new FromOldest())) {
      assertThat(publisher.preflight()).isNotNull();
      limit(20_000);
      for (int i = 0; i < COUNT; i++) {
        publisher.publish(
            "k" + i % 2,
            event(i, i == LARGE ? 50_000 : 1_000),
            callback(i, acknowledged, failed, told));
      }
      assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(failed.get(LARGE)).isInstanceOf(UnpublishableException.class);
      assertThat(failed.get(LARGE)).hasMessageContaining("max.message.bytes");
      for (int i = LARGE + 1; i < COUNT; i++) {
        assertThat(failed.get(i)).as("%s", i).matches(TransportException::retryable);
      }
      assertThat(read(subscription)).allMatch(number -> number < LARGE);
      limit(100_000);
      publisher.preflight();
      CountDownLatch again = new CountDownLatch(COUNT - LARGE);
      for (int i = LARGE; i < COUNT; i++) {
        publisher.publish(
            "k" + i % 2,
            event(i, i == LARGE ? 50_000 : 1_000),
            callback(i, acknowledged, failed, again));
      }
      assertThat(again.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(acknowledged).contains(LARGE, COUNT - 1);
    }
  }

  private void limit(int bytes) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    ConfigEntry entry = new ConfigEntry("max.message.bytes", Integer.toString(bytes));
    try (Admin admin = server.admin()) {
      admin
          .incrementalAlterConfigs(
              Map.of(resource, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
  }

  private static Encoded event(int number, int size) {
    byte[] body = new byte[size];
    body[0] = (byte) number;
    return new Encoded(body, Map.of());
  }

  private static List<Integer> read(Subscription subscription) throws InterruptedException {
    List<Integer> numbers = new ArrayList<>();
    int quiet = 0;
    while (quiet < 5) {
      List<Delivery> polled = subscription.poll(100, Duration.ofMillis(200));
      quiet = polled.isEmpty() ? quiet + 1 : 0;
      polled.forEach(delivery -> numbers.add((int) delivery.event().body()[0]));
    }
    return numbers;
  }

  private static PublishCallback callback(
      int number,
      Set<Integer> acknowledged,
      Map<Integer, TransportException> failed,
      CountDownLatch told) {
    return new PublishCallback() {
      @Override
      public void acknowledged() {
        acknowledged.add(number);
        told.countDown();
      }

      @Override
      public void failed(TransportException error) {
        failed.put(number, error);
        told.countDown();
      }
    };
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
