package io.millrace.cdc.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Members of a group with a name of their own: {@code group.instance.id}. */
@NeedsServer(ServerKind.KAFKA)
class StaticMemberTest {
  private static final int PARTITIONS = 4;
  private static final Duration POLL = Duration.ofMillis(50);

  private final KafkaServer server = KafkaServer.shared();
  private final String topic = server.uniqueName("static");

  /** What was applied, by partition: what an applier keeps in its target. */
  private final Map<Integer, Long> applied = new HashMap<>();

  private final Set<String> bodies = new TreeSet<>();

  @Test
  void a_member_that_comes_back_keeps_its_partitions_moves_nobody_elses_and_loses_nothing()
      throws Exception {
    server.createTopic(topic, PARTITIONS);
    try (Member other = new Member("b")) {
      Set<Integer> before;
      try (Member first = new Member("a")) {
        poll("both have partitions", () -> first.has(2) && other.has(2), first, other);
        before = Set.copyOf(first.assigned);
        publish("early", 40);
        poll("all came", () -> bodies.size() == 40, first, other);
      }
      int changes = other.changes;
      publish("meanwhile", 40);
      try (Member again = new Member("a")) {
        poll("it is back and has all", () -> again.has(2) && bodies.size() == 80, again, other);
        assertThat(again.assigned).isEqualTo(before);
        assertThat(other.changes).as("rebalances of the other").isEqualTo(changes);
      }
    }
  }

  @Test
  void of_two_members_of_one_name_the_earlier_ends_with_a_clear_error_and_the_later_reads_on()
      throws Exception {
    server.createTopic(topic, PARTITIONS);
    try (Member first = new Member("a")) {
      poll("it has all partitions", () -> first.has(PARTITIONS), first);
      try (Member second = new Member("a")) {
        assertThatThrownBy(
                () ->
                    poll("the first is fenced", () -> false, Duration.ofSeconds(60), first, second))
            .isInstanceOf(TransportException.class)
            .matches(e -> !((TransportException) e).retryable())
            .hasMessageContaining("group.instance.id 'a'")
            .hasMessageContaining("name of its own");
        publish("late", 20);
        poll("the second has all", () -> second.has(PARTITIONS) && bodies.size() == 20, second);
      }
    }
  }

  private void poll(String what, BooleanSupplier condition, Member... members) throws Exception {
    poll(what, condition, Duration.ofSeconds(60), members);
  }

  private void poll(String what, BooleanSupplier condition, Duration limit, Member... members)
      throws Exception {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as(what).isLessThan(limit.toNanos());
      for (Member member : members) {
        for (Delivery delivery : member.subscription.poll(100, POLL)) {
          Long next = applied.put(delivery.partition(), delivery.offset() + 1);
          assertThat(next == null || next <= delivery.offset()).as("%s", delivery).isTrue();
          bodies.add(new String(delivery.event().body(), StandardCharsets.UTF_8));
        }
      }
    }
  }

  private KafkaTransport.Builder transport() {
    return KafkaTransport.builder()
        .bootstrapServers(server.bootstrapServers())
        .topic(topic)
        .singleBroker();
  }

  private void publish(String word, int count) throws InterruptedException {
    CountDownLatch all = new CountDownLatch(count);
    try (Publisher publisher = transport().build().publisher()) {
      for (int i = 0; i < count; i++) {
        String body = word + i;
        publisher.publish(
            body,
            new Encoded(body.getBytes(StandardCharsets.UTF_8), Map.of()),
            new PublishCallback() {
              @Override
              public void acknowledged() {
                all.countDown();
              }

              @Override
              public void failed(TransportException error) {
                throw error;
              }
            });
      }
      assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** A subscription under a name, which starts where the others have applied to. */
  private final class Member implements AssignmentListener, AutoCloseable {
    private final Set<Integer> assigned = new TreeSet<>();
    private final Subscription subscription;
    private int changes;

    Member(String name) {
      subscription =
          transport()
              .property("group.instance.id", name)
              // Far longer than the test: who does not come back is not missed.
              .property("session.timeout.ms", "45000")
              .build()
              .subscriber(topic)
              .open(this);
    }

    boolean has(int partitions) {
      return assigned.size() == partitions;
    }

    @Override
    public Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions) {
      changes++;
      assigned.addAll(partitions);
      Map<Integer, StartOffset> starts = new HashMap<>();
      partitions.forEach(
          partition -> starts.put(partition, StartOffset.at(applied.getOrDefault(partition, 0L))));
      return starts;
    }

    @Override
    public void revoked(Set<Integer> partitions) {
      changes++;
      assigned.removeAll(partitions);
    }

    @Override
    public void close() {
      subscription.close();
    }
  }
}
