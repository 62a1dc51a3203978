package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A subscription that remembers what it was told and given. Used by one thread. */
final class TransportMember implements AssignmentListener, AutoCloseable {
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(50);

  final List<Delivery> deliveries = new ArrayList<>();
  final Set<Integer> assigned = new TreeSet<>();
  final Set<Integer> revoked = new TreeSet<>();
  final Subscription subscription;
  @Nullable Channel channel;
  @Nullable Thread toldBy;
  int failuresLeft;
  private final Map<Integer, StartOffset> starts;
  private final StartOffset otherwise;

  TransportMember(Subscriber subscriber, StartOffset start) {
    this(subscriber, Map.of(), start);
  }

  TransportMember(Subscriber subscriber, Map<Integer, StartOffset> starts, StartOffset otherwise) {
    this.starts = starts;
    this.otherwise = otherwise;
    this.subscription = subscriber.open(this);
  }

  @Override
  public Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions) {
    if (failuresLeft > 0) {
      failuresLeft--;
      throw new IllegalStateException("the target is away");
    }
    this.channel = channel;
    toldBy = Thread.currentThread();
    assigned.addAll(partitions);
    Map<Integer, StartOffset> answer = new HashMap<>();
    partitions.forEach(p -> answer.put(p, starts.getOrDefault(p, otherwise)));
    return answer;
  }

  @Override
  public void revoked(Set<Integer> partitions) {
    assigned.removeAll(partitions);
    revoked.addAll(partitions);
  }

  /** Polls once and keeps what came. */
  List<Delivery> poll() throws InterruptedException {
    List<Delivery> polled = subscription.poll(500, POLL);
    deliveries.addAll(polled);
    return polled;
  }

  /** Polls until the condition holds. */
  void pollUntil(String what, BooleanSupplier condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > WAIT.toNanos()) {
        throw new AssertionError(
            "waited %s for: %s; assigned %s, %s deliveries"
                .formatted(WAIT, what, assigned, deliveries.size()));
      }
      poll();
    }
  }

  /** Polls until so many deliveries came in all. */
  void pollDeliveries(int count) throws InterruptedException {
    pollUntil(count + " deliveries", () -> deliveries.size() >= count);
  }

  /** Polls until the partitions are all assigned. */
  void pollAssigned(int partitions) throws InterruptedException {
    pollUntil(partitions + " partitions", () -> assigned.size() == partitions);
  }

  @Override
  public void close() {
    subscription.close();
  }
}
