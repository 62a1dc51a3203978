package io.millrace.cdc.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.TransportException;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.KAFKA)
class BrokerRestartTest {
  private static final int COUNT = 600;

  @Test
  void a_killed_broker_costs_time_but_no_event_and_no_order() throws Exception {
    try (KafkaServer server = KafkaServer.startDedicated()) {
      server.createTopic("restart", 3);
      KafkaTransport transport =
          KafkaTransport.builder()
              .bootstrapServers(server.bootstrapServers())
              .topic("restart")
              .singleBroker()
              .property("reconnect.backoff.max.ms", "200")
              .build();
      CountDownLatch all = new CountDownLatch(COUNT);
      try (Publisher publisher = transport.publisher();
          Subscription subscription = transport.subscriber("g").open(new FromOldest())) {
        for (int i = 0; i < COUNT; i++) {
          if (i == COUNT / 3) {
            server.kill();
          }
          if (i == COUNT * 2 / 3) {
            server.start();
          }
          publisher.publish(
              "k" + i % 11,
              new Encoded(Integer.toString(i).getBytes(StandardCharsets.UTF_8), Map.of()),
              callback(all));
        }
        assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
        readAll(subscription);
      }
    }
  }

  private static void readAll(Subscription subscription) throws InterruptedException {
    Map<String, Integer> last = new HashMap<>();
    int read = 0;
    long start = System.nanoTime();
    while (read < COUNT) {
      assertThat(System.nanoTime() - start).as("read %s", read).isLessThan(60_000_000_000L);
      for (Delivery delivery : subscription.poll(100, Duration.ofMillis(100))) {
        int number = Integer.parseInt(new String(delivery.event().body(), StandardCharsets.UTF_8));
        Integer before = last.put(delivery.routingKey(), number);
        assertThat(before == null || before < number).isTrue();
        read++;
      }
    }
  }

  private static PublishCallback callback(CountDownLatch all) {
    return new PublishCallback() {
      @Override
      public void acknowledged() {
        all.countDown();
      }

      @Override
      public void failed(TransportException error) {
        throw error;
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
