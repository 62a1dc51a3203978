package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.StartOffset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every transport must keep. Extend it, give it a {@link TransportHarness}, and add only what
 * the transport alone can do (a broker's restart).
 */
public abstract class TransportContract {
  private static final int PARTITIONS = 4;

  private @Nullable TransportHarness made;

  /** A harness with a new, empty channel, for one test. */
  protected abstract TransportHarness newHarness(int partitions) throws Exception;

  /** Only for JUnit. */
  protected TransportContract() {}

  @BeforeEach
  final void makeHarness() throws Exception {
    made = newHarness(PARTITIONS);
  }

  @AfterEach
  final void closeHarness() throws Exception {
    if (made != null) {
      made.close();
    }
  }

  private TransportHarness harness() {
    return Check.notNull(made, "harness");
  }

  @Test
  void preflight_finds_nothing_to_refuse_in_a_good_channel() {
    try (Publisher publisher = harness().publisher()) {
      for (Finding finding : publisher.preflight()) {
        assertEquals(Finding.Severity.WARNING, finding.severity(), finding.toString());
      }
    }
    for (Finding finding : harness().subscriber("g").preflight()) {
      assertEquals(Finding.Severity.WARNING, finding.severity(), finding.toString());
    }
  }

  @Test
  void events_of_one_key_stand_in_one_partition_in_the_order_of_publishing() throws Exception {
    int count = 3_000;
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish(0, count);
      member.pollDeliveries(count);
      assertEquals(count, member.deliveries.size());
      Map<String, Integer> last = new HashMap<>();
      Map<String, Integer> partition = new HashMap<>();
      for (Delivery delivery : member.deliveries) {
        int number = number(delivery);
        Integer before = last.put(delivery.routingKey(), number);
        assertTrue(before == null || before < number, () -> delivery + " came after " + before);
        Integer place = partition.put(delivery.routingKey(), delivery.partition());
        assertTrue(
            place == null || place == delivery.partition(), () -> "two partitions of one key");
      }
      assertTrue(new HashSet<>(partition.values()).size() > 1, "keys spread over partitions");
    }
  }

  @Test
  void offsets_rise_within_a_partition() throws Exception {
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish(0, 200);
      member.pollDeliveries(200);
      Map<Integer, Long> last = new HashMap<>();
      for (Delivery delivery : member.deliveries) {
        Long before = last.put(delivery.partition(), delivery.offset());
        assertTrue(before == null || before < delivery.offset(), delivery::toString);
      }
    }
  }

  @Test
  void key_headers_and_bytes_arrive_as_they_were_sent() throws Exception {
    byte[] body = {0, 1, -1, 127, -128};
    Encoded event = new Encoded(body, Map.of("content-type", "a/b", "naïve", "жук 🐞"));
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish("order/ключ,\\,1", event);
      member.pollDeliveries(1);
      Delivery delivery = member.deliveries.get(0);
      assertEquals("order/ключ,\\,1", delivery.routingKey());
      assertArrayEquals(body, delivery.event().body());
      assertEquals(event.headers(), delivery.event().headers());
    }
  }

  @Test
  void every_event_is_acknowledged_once() throws Exception {
    int count = 500;
    AtomicInteger[] told = new AtomicInteger[count];
    CountDownLatch all = new CountDownLatch(count);
    try (Publisher publisher = harness().publisher()) {
      for (int i = 0; i < count; i++) {
        AtomicInteger times = new AtomicInteger();
        told[i] = times;
        publisher.publish(
            "k" + i % 7,
            event(i),
            callback(
                () -> {
                  times.incrementAndGet();
                  all.countDown();
                }));
      }
      assertTrue(all.await(30, TimeUnit.SECONDS));
    }
    for (AtomicInteger times : told) {
      assertEquals(1, times.get());
    }
  }

  @Test
  void a_seek_back_delivers_again() throws Exception {
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish(0, 300);
      member.pollDeliveries(300);
      Delivery again = member.deliveries.get(150);
      List<Delivery> expected = new ArrayList<>();
      for (Delivery delivery : member.deliveries) {
        if (delivery.partition() == again.partition() && delivery.offset() >= again.offset()) {
          expected.add(delivery);
        }
      }
      member.deliveries.clear();
      member.subscription.seek(Map.of(again.partition(), again.offset()));
      member.pollDeliveries(expected.size());
      assertEquals(numbers(expected), numbers(member.deliveries));
    }
  }

  @Test
  void a_seek_forward_leaves_out_what_lies_between() throws Exception {
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish("k", event(0));
      publish("k", event(1));
      publish("k", event(2));
      member.pollDeliveries(1);
      Delivery first = member.deliveries.get(0);
      member.deliveries.clear();
      member.subscription.seek(Map.of(first.partition(), first.offset() + 2));
      member.pollDeliveries(1);
      assertEquals(List.of(2), numbers(member.deliveries));
    }
  }

  @Test
  void a_subscription_starts_where_its_listener_says() throws Exception {
    publish(0, 100);
    Delivery middle;
    int inPartition;
    try (TransportMember member = member("first", StartOffset.oldest())) {
      member.pollDeliveries(100);
      middle = member.deliveries.get(50);
      inPartition =
          (int)
              member.deliveries.stream()
                  .filter(d -> d.partition() == middle.partition())
                  .filter(d -> d.offset() >= middle.offset())
                  .count();
    }
    try (TransportMember newest = member("second", StartOffset.newest());
        TransportMember at =
            new TransportMember(
                harness().subscriber("third"),
                Map.of(middle.partition(), StartOffset.at(middle.offset())),
                StartOffset.newest())) {
      newest.pollAssigned(PARTITIONS);
      at.pollAssigned(PARTITIONS);
      publish(100, 20);
      newest.pollDeliveries(20);
      assertEquals(20, newest.deliveries.size());
      assertTrue(newest.deliveries.stream().allMatch(d -> number(d) >= 100));
      at.pollDeliveries(20 + inPartition);
      assertEquals(20 + inPartition, at.deliveries.size());
      assertTrue(at.deliveries.stream().anyMatch(d -> number(d) == number(middle)));
    }
  }

  @Test
  void a_start_beyond_the_newest_offset_is_an_error_that_names_it() throws Exception {
    publish(0, 10);
    assertGone(StartOffset.at(123_456), "123456");
  }

  @Test
  void a_start_before_the_oldest_offset_is_an_error_that_names_it() throws Exception {
    publish(0, 2_000);
    for (int partition = 0; partition < PARTITIONS; partition++) {
      harness().forgetBefore(partition, 20);
    }
    assertGone(StartOffset.at(7), "7");
    try (TransportMember member = member("neighbour", StartOffset.at(20))) {
      member.pollDeliveries(2_000 - 20 * PARTITIONS);
      assertTrue(member.deliveries.stream().allMatch(d -> d.offset() >= 20));
    }
  }

  @Test
  void a_seek_to_what_is_gone_is_an_error() throws Exception {
    publish(0, 2_000);
    try (TransportMember member = member("g", StartOffset.oldest())) {
      member.pollDeliveries(2_000);
      harness().forgetBefore(1, 20);
      member.subscription.seek(Map.of(1, 3L));
      TransportException error =
          assertThrows(TransportException.class, () -> member.pollUntil("an error", () -> false));
      assertFalse(error.retryable());
      assertTrue(message(error).contains("partition 1"), message(error));
    }
  }

  @Test
  void groups_read_independently() throws Exception {
    try (TransportMember one = member("one", StartOffset.oldest());
        TransportMember two = member("two", StartOffset.oldest())) {
      publish(0, 100);
      one.pollDeliveries(100);
      two.pollDeliveries(100);
      assertEquals(new HashSet<>(numbers(one.deliveries)), new HashSet<>(numbers(two.deliveries)));
    }
  }

  @Test
  void members_of_a_group_share_the_partitions_and_a_revoked_one_stops() throws Exception {
    try (TransportMember one = member("g", StartOffset.oldest())) {
      one.pollAssigned(PARTITIONS);
      TransportMember two = member("g", StartOffset.newest());
      try {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (one.assigned.size() != PARTITIONS / 2 || two.assigned.size() != PARTITIONS / 2) {
          assertTrue(System.nanoTime() < deadline, "no balance: " + one.assigned + two.assigned);
          pollBoth(one, two);
        }
        assertEquals(one.revoked, two.assigned);
        publish(0, 200);
        while (one.deliveries.size() + two.deliveries.size() < 200) {
          assertTrue(System.nanoTime() < deadline, "deliveries are missing");
          pollBoth(one, two);
        }
        assertTrue(one.deliveries.stream().allMatch(d -> one.assigned.contains(d.partition())));
        assertTrue(two.deliveries.stream().allMatch(d -> two.assigned.contains(d.partition())));
      } finally {
        two.close();
      }
      one.pollAssigned(PARTITIONS);
    }
  }

  @Test
  void a_listener_that_failed_is_asked_again() throws Exception {
    publish(0, 10);
    try (TransportMember member = member("g", StartOffset.oldest())) {
      member.failuresLeft = 1;
      IllegalStateException error =
          assertThrows(
              IllegalStateException.class, () -> member.pollUntil("an error", () -> false));
      assertEquals("the target is away", message(error));
      member.pollDeliveries(10);
      assertEquals(10, member.deliveries.size());
    }
  }

  @Test
  void the_listener_is_called_on_the_polling_thread_with_the_channels_identity() throws Exception {
    try (TransportMember one = member("one", StartOffset.oldest());
        TransportMember two = member("two", StartOffset.oldest())) {
      one.pollAssigned(PARTITIONS);
      two.pollAssigned(PARTITIONS);
      Channel channel = Check.notNull(one.channel, "channel");
      assertEquals(PARTITIONS, channel.partitions());
      assertFalse(channel.incarnation().isBlank());
      assertEquals(channel, two.channel);
      assertSame(Thread.currentThread(), one.toldBy);
    }
  }

  @Test
  void end_offsets_tell_how_far_the_channel_reaches() throws Exception {
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish(0, 100);
      member.pollDeliveries(100);
      long sum =
          member.subscription.endOffsets().values().stream().mapToLong(Long::longValue).sum();
      assertEquals(100, sum);
    }
  }

  @Test
  void committing_does_not_move_the_subscription() throws Exception {
    try (TransportMember member = member("g", StartOffset.oldest())) {
      publish("k", event(0));
      publish("k", event(1));
      member.pollDeliveries(2);
      int partition = member.deliveries.get(0).partition();
      member.subscription.committed(Map.of(partition, 1L));
      publish("k", event(2));
      member.pollDeliveries(3);
      assertEquals(List.of(0, 1, 2), numbers(member.deliveries));
    }
  }

  @Test
  void a_wake_up_ends_the_wait_of_a_poll() throws Exception {
    try (TransportMember member = member("g", StartOffset.newest())) {
      member.pollAssigned(PARTITIONS);
      long start = System.nanoTime();
      Thread waker = new Thread(member.subscription::wakeUp, "waker");
      waker.start();
      assertEquals(List.of(), member.subscription.poll(10, Duration.ofSeconds(60)));
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(30));
      waker.join();
    }
  }

  @Test
  void an_interrupt_ends_the_wait_of_a_poll() throws Exception {
    try (TransportMember member = member("g", StartOffset.newest())) {
      member.pollAssigned(PARTITIONS);
      Thread.currentThread().interrupt();
      assertThrows(
          InterruptedException.class, () -> member.subscription.poll(10, Duration.ofSeconds(60)));
      assertFalse(Thread.currentThread().isInterrupted());
    }
  }

  @Test
  void an_event_that_is_too_large_fails_at_once_and_the_next_one_goes() throws Exception {
    CountDownLatch before = new CountDownLatch(1);
    CountDownLatch acknowledged = new CountDownLatch(1);
    try (Publisher publisher = harness().publisher();
        TransportMember member = member("g", StartOffset.oldest())) {
      byte[] large = new byte[harness().maxEventBytes() + 1];
      publisher.publish("k", event(0), callback(before::countDown));
      UnpublishableException error =
          assertThrows(
              UnpublishableException.class,
              () ->
                  publisher.publish(
                      "k", new Encoded(large, Map.of()), callback(acknowledged::countDown)));
      assertFalse(error.retryable());
      assertTrue(
          message(error).contains(Integer.toString(harness().maxEventBytes())), message(error));
      assertEquals(1, acknowledged.getCount());
      publisher.publish("k", event(1), callback(acknowledged::countDown));
      assertTrue(acknowledged.await(30, TimeUnit.SECONDS));
      assertTrue(before.await(30, TimeUnit.SECONDS));
      member.pollDeliveries(2);
      assertEquals(List.of(0, 1), numbers(member.deliveries));
    }
  }

  @Test
  void closing_ends_a_publisher_at_work_and_what_it_acknowledged_is_there() throws Exception {
    Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    AtomicReference<@Nullable Throwable> ended = new AtomicReference<>();
    CountDownLatch working = new CountDownLatch(200);
    Publisher publisher = harness().publisher();
    Thread thread =
        new Thread(
            () -> {
              try {
                for (int i = 0; ; i++) {
                  int number = i;
                  publisher.publish(
                      "k" + i % 5, event(i), callback(() -> acknowledged.add(number), true));
                  working.countDown();
                }
              } catch (TransportException | InterruptedException e) {
                ended.set(e);
              }
            },
            "publisher");
    thread.start();
    assertTrue(working.await(30, TimeUnit.SECONDS));
    publisher.close(Duration.ofSeconds(5));
    publisher.close(Duration.ofSeconds(5));
    thread.join(30_000);
    assertFalse(thread.isAlive(), "publish goes on after close");
    assertTrue(ended.get() instanceof TransportException, "ended by " + ended.get());
    try (TransportMember member = member("g", StartOffset.oldest())) {
      member.pollUntil(
          "what was acknowledged",
          () -> new HashSet<>(numbers(member.deliveries)).containsAll(acknowledged));
    }
  }

  @Test
  void a_closed_subscription_may_be_closed_again_and_leaves_no_thread() throws Exception {
    int before = Thread.activeCount();
    for (int i = 0; i < 3; i++) {
      TransportMember member = member("g" + i, StartOffset.oldest());
      member.pollAssigned(PARTITIONS);
      member.close();
      member.close();
      publish(i, 1);
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (Thread.activeCount() > before && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertTrue(
        Thread.activeCount() <= before,
        () -> "threads left: " + Thread.getAllStackTraces().keySet());
  }

  private void assertGone(StartOffset start, String offset) throws Exception {
    try (TransportMember member = member("gone", start)) {
      TransportException error =
          assertThrows(TransportException.class, () -> member.pollUntil("an error", () -> false));
      assertFalse(error.retryable());
      assertTrue(message(error).contains("offset " + offset), message(error));
      assertTrue(message(error).contains("partition"), message(error));
    }
  }

  private static void pollBoth(TransportMember one, TransportMember two)
      throws InterruptedException {
    one.poll();
    two.poll();
  }

  private TransportMember member(String group, StartOffset start) {
    return new TransportMember(harness().subscriber(group), start);
  }

  /** Publishes numbered events over 31 keys and waits until all are acknowledged. */
  private void publish(int from, int count) throws InterruptedException {
    CountDownLatch all = new CountDownLatch(count);
    try (Publisher publisher = harness().publisher()) {
      for (int i = from; i < from + count; i++) {
        publisher.publish("key-" + i % 31, event(i), callback(all::countDown));
      }
      assertTrue(all.await(30, TimeUnit.SECONDS), "not acknowledged in time");
    }
  }

  private void publish(String key, Encoded event) throws InterruptedException {
    CountDownLatch one = new CountDownLatch(1);
    try (Publisher publisher = harness().publisher()) {
      publisher.publish(key, event, callback(one::countDown));
      assertTrue(one.await(30, TimeUnit.SECONDS), "not acknowledged in time");
    }
  }

  private static String message(Throwable error) {
    return String.valueOf(error.getMessage());
  }

  private static PublishCallback callback(Runnable acknowledged) {
    return callback(acknowledged, false);
  }

  private static PublishCallback callback(Runnable acknowledged, boolean mayFail) {
    return new PublishCallback() {
      @Override
      public void acknowledged() {
        acknowledged.run();
      }

      @Override
      public void failed(TransportException error) {
        if (!mayFail) {
          throw error;
        }
      }
    };
  }

  private static Encoded event(int number) {
    return new Encoded(Integer.toString(number).getBytes(StandardCharsets.UTF_8), Map.of());
  }

  private static int number(Delivery delivery) {
    return Integer.parseInt(new String(delivery.event().body(), StandardCharsets.UTF_8));
  }

  private static List<Integer> numbers(List<Delivery> deliveries) {
    return deliveries.stream().map(TransportContract::number).toList();
  }
}
