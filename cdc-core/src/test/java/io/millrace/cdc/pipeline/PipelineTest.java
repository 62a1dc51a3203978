package io.millrace.cdc.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.StoredPosition;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTest {
  @TempDir Path directory;

  private final ScriptedLog log = new ScriptedLog();
  private final GatedPublisher gated = new GatedPublisher();
  private final InProcessTransport transport =
      InProcessTransport.builder().maxEventBytes(10_000).build();
  private final List<Pipeline> pipelines = new ArrayList<>();

  static int number(Encoded event) {
    return number(ProtobufCodec.instance().decode(event));
  }

  private static int number(ChangeEvent event) {
    Value value = (event.newValue() != null ? event.newValue() : event.oldValue()).get("number");
    return (int) ((Value.Int64Value) value).value();
  }

  @AfterEach
  void close() {
    gated.open();
    pipelines.forEach(Pipeline::close);
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("millrace-"));
  }

  @Test
  void everything_is_published_in_order_and_a_restart_goes_on_without_a_duplicate() {
    Pipeline first = started(pipeline(transport.publisher()));
    awaitState(first, PipelineState.RUNNING);
    log.commitNumbers(0, 500);
    awaitAcknowledged(first, 500);
    first.close();
    log.commitNumbers(500, 500);
    Pipeline second = started(pipeline(transport.publisher()));
    awaitAcknowledged(second, 500);
    second.close();
    assertThat(second.status().counters().captured()).isEqualTo(500);
    List<ChangeEvent> events = received();
    assertThat(events).hasSize(1_000);
    Map<String, Integer> last = new HashMap<>();
    for (ChangeEvent event : events) {
      Integer before = last.put(event.id(), number(event));
      assertThat(before == null || before < number(event)).isTrue();
    }
  }

  @Test
  void a_first_position_is_saved_before_the_first_event_is_published() {
    log.commitNumbers(0, 3);
    AtomicBoolean early = new AtomicBoolean();
    gated.onPublish(() -> early.compareAndSet(false, stored("p").isEmpty()));
    gated.open();
    Pipeline pipeline = started(pipeline(gated).firstStart(FirstStart.OLDEST));
    awaitAcknowledged(pipeline, 3);
    assertThat(early).isFalse();
  }

  @Test
  void a_first_start_now_leaves_out_what_was_there() {
    log.commitNumbers(0, 10);
    Pipeline pipeline = started(pipeline(transport.publisher()));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(10, 1);
    awaitAcknowledged(pipeline, 1);
    assertThat(received()).extracting(PipelineTest::number).containsExactly(10);
  }

  @Test
  void the_saved_position_waits_for_the_oldest_acknowledgement() {
    Pipeline pipeline = started(pipeline(gated));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 10);
    await().until(() -> gated.pending() == 10);
    gated.acknowledge(9, new Random(3));
    await().until(() -> pipeline.status().counters().acknowledged() == 9);
    assertThat(pipeline.status().inFlightEvents()).isEqualTo(1);
    Path image = crashImage("early");
    gated.open();
    awaitSaved(pipeline, "A:10");
    pipeline.close();
    int resume = Integer.parseInt(position(image).text().substring(2));
    assertThat(numbersAfterCrash(image)).contains(resume).hasSize(10 - resume);
    assertThat(log.savedAtReader()).contains(new Position("scripted", 1, "A:10"));
  }

  @Test
  void a_crash_at_any_moment_loses_nothing() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Pipeline pipeline = started(pipeline(gated).saveInterval(Duration.ofMillis(1)));
    awaitState(pipeline, PipelineState.RUNNING);
    TreeSet<Integer> expected = new TreeSet<>();
    for (int round = 0; round < 8; round++) {
      int from = expected.size();
      int count = 1 + random.nextInt(60);
      IntStream.range(from, from + count).forEach(expected::add);
      log.commitNumbers(from, count);
      await().until(() -> gated.published().size() == expected.size());
      int before = gated.pending();
      gated.acknowledge(random.nextInt(before + 1), random);
      // What the image says is acknowledged must be: nothing still pending may lie before it.
      int pending = gated.pending();
      Path image = crashImage("crash" + round);
      int resume = Integer.parseInt(position(image).text().substring(2));
      assertThat(expected.size() - resume).isGreaterThanOrEqualTo(Math.min(1, pending));
      Set<Integer> again = numbersAfterCrash(image);
      assertThat(again).isEqualTo(expected.tailSet(resume));
    }
  }

  @Test
  void in_flight_events_are_bounded() {
    Pipeline pipeline = started(pipeline(gated).maxInFlightEvents(5));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 50);
    await().until(() -> gated.pending() == 5);
    await()
        .during(Duration.ofMillis(200))
        .until(() -> pipeline.status().inFlightEvents() == 5 && gated.published().size() == 5);
    gated.open();
    awaitAcknowledged(pipeline, 50);
  }

  @Test
  void in_flight_bytes_are_bounded_and_one_larger_event_goes_alone() {
    Pipeline pipeline = started(pipeline(gated).maxInFlightBytes(1));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 3);
    await().until(() -> gated.pending() == 1);
    gated.acknowledge(1, new Random(1));
    await().until(() -> gated.published().size() == 2);
    assertThat(gated.pending()).isEqualTo(1);
  }

  @Test
  void a_failure_that_may_pass_publishes_again_from_the_saved_position() {
    gated.open();
    Pipeline pipeline = started(pipeline(gated));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 5);
    awaitAcknowledged(pipeline, 5);
    gated.failNext(1);
    log.commitNumbers(5, 5);
    await().until(() -> gated.published().containsAll(List.of(5, 6, 7, 8, 9)));
    awaitSaved(pipeline, "A:10");
    assertThat(pipeline.status().counters().retries()).isEqualTo(1);
    assertThat(pipeline.status().lastError()).hasValue("the broker is away");
    assertThat(gated.published().stream().filter(n -> n == 5).count()).isEqualTo(2);
  }

  @Test
  void an_event_that_can_never_be_published_stops_the_pipeline_and_is_named() {
    Pipeline pipeline =
        started(pipeline(transport.publisher()).onUnpublishable(Unpublishable.stop()));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 3);
    awaitAcknowledged(pipeline, 3);
    ChangeEvent large =
        ScriptedLog.event(3, 77).toBuilder().headers(Map.of("h", "x".repeat(20_000))).build();
    log.commit(large);
    log.commitNumbers(4, 3);
    awaitState(pipeline, PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow()).contains("item/77").contains("10000");
    assertThat(stored("p").orElseThrow().position().orElseThrow().text()).isEqualTo("A:3");
    assertThat(received()).hasSize(3);
  }

  @Test
  void a_server_that_is_away_is_no_failure_of_start() {
    log.reachable(false);
    Pipeline pipeline = started(pipeline(transport.publisher()));
    await().until(() -> pipeline.status().counters().retries() > 1);
    assertThat(pipeline.status().healthy()).isFalse();
    assertThat(pipeline.status().lastError()).hasValue("the server is away");
    log.reachable(true);
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 10);
    awaitAcknowledged(pipeline, 10);
    log.reachable(false);
    awaitState(pipeline, PipelineState.RETRYING);
    log.commitNumbers(10, 10);
    log.reachable(true);
    awaitAcknowledged(pipeline, 20);
    assertThat(pipeline.status().healthy()).isTrue();
  }

  @Test
  void what_preflight_refuses_stops_the_start_with_every_finding() {
    log.refuse(
        Finding.refused("one", "binlog_format is STATEMENT.", "set it"),
        Finding.warning("two", "something.", "look"),
        Finding.refused("three", "no grant.", "grant it"));
    Pipeline pipeline = pipeline(transport.publisher()).build();
    pipelines.add(pipeline);
    assertThatThrownBy(pipeline::start)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("binlog_format is STATEMENT", "no grant")
        .hasMessageNotContaining("something");
    assertThat(pipeline.status().state()).isEqualTo(PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow()).contains("no grant");
    assertThat(log.opened()).isZero();
  }

  @Test
  void what_both_ends_refuse_is_in_one_message() {
    log.refuse(Finding.refused("one", "binlog_format is STATEMENT.", "set it"));
    gated.refuse(Finding.refused("two", "the topic is compacted.", "delete"));
    assertThatThrownBy(pipeline(gated).build()::start)
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(2));
    assertThat(gated.closed()).isTrue();
    assertThat(stored("p")).isEmpty();
  }

  @Test
  void what_one_end_refuses_fails_the_start_although_the_other_is_away() {
    log.reachable(false);
    gated.refuse(Finding.refused("two", "the topic is compacted.", "delete"));
    assertThatThrownBy(pipeline(gated).build()::start)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("compacted");
  }

  @Test
  void a_source_that_can_never_be_read_fails_the_start_also_where_only_opening_shows_it() {
    log.failNextOpening(new SourceException("the server refuses user 'u'"));
    Pipeline pipeline = pipeline(transport.publisher()).build();
    pipelines.add(pipeline);
    assertThatThrownBy(pipeline::start)
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("refuses user");
    assertThat(pipeline.status().state()).isEqualTo(PipelineState.FAILED);
  }

  @Test
  void an_instance_that_could_never_take_over_does_not_stand_by() {
    awaitState(started(pipeline(transport.publisher())), PipelineState.RUNNING);
    log.refuse(Finding.refused("one", "binlog_format is STATEMENT.", "set it"));
    Pipeline second = pipeline(transport.publisher()).build();
    pipelines.add(second);
    assertThatThrownBy(second::start).isInstanceOf(ConfigurationException.class);
  }

  @Test
  void a_server_that_answers_late_is_not_waited_for_and_a_refusal_shows_in_the_status() {
    log.refuse(Finding.refused("one", "binlog_format is STATEMENT.", "set it"));
    log.answering(false);
    Pipeline pipeline =
        started(pipeline(transport.publisher()).startTimeout(Duration.ofMillis(100)));
    assertThat(pipeline.status().state()).isEqualTo(PipelineState.STARTING);
    assertThat(pipeline.status().healthy()).isFalse();
    log.answering(true);
    awaitState(pipeline, PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow()).contains("STATEMENT");
  }

  @Test
  void a_start_under_way_does_not_keep_close_waiting() throws Exception {
    log.answering(false);
    Pipeline pipeline =
        pipeline(transport.publisher())
            .startTimeout(Duration.ofMinutes(10))
            .closeTimeout(Duration.ofSeconds(2))
            .build();
    Thread starter = new Thread(pipeline::start, "starter");
    starter.start();
    awaitState(pipeline, PipelineState.STARTING);
    pipeline.close();
    log.answering(true);
    starter.join(Duration.ofMinutes(1).toMillis());
    assertThat(starter.isAlive()).isFalse();
    assertThat(pipeline.status().state()).isEqualTo(PipelineState.CLOSED);
  }

  @Test
  void a_second_instance_stands_by_and_takes_over() {
    Pipeline first = started(pipeline(transport.publisher()));
    awaitState(first, PipelineState.RUNNING);
    Pipeline second = started(pipeline(transport.publisher()));
    awaitState(second, PipelineState.STANDBY);
    assertThat(second.status().healthy()).isTrue();
    second.flush();
    log.commitNumbers(0, 10);
    awaitAcknowledged(first, 10);
    first.close();
    first.flush();
    awaitState(second, PipelineState.RUNNING);
    log.commitNumbers(10, 10);
    awaitAcknowledged(second, 10);
    assertThat(received()).hasSize(20);
  }

  @Test
  void an_owner_that_lost_its_lease_saves_nothing_and_stands_by() {
    Pipeline first = started(pipeline(transport.publisher()));
    awaitState(first, PipelineState.RUNNING);
    // Another owner a lease's length in the future: for it the first one's lease has ended.
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(30));
    FilePositions other = FilePositions.in(directory, later);
    Lease taken = other.acquire("p", "another", Duration.ofSeconds(60)).orElseThrow();
    log.commitNumbers(0, 10);
    awaitState(first, PipelineState.STANDBY);
    assertThat(other.load(taken).orElseThrow().position().orElseThrow().text()).isEqualTo("A:0");
    assertThat(first.status().lastError().orElseThrow()).contains("another");
    other.release(taken);
    awaitState(first, PipelineState.RUNNING);
    awaitSaved(first, "A:10");
  }

  @Test
  void a_purged_position_stops_the_pipeline_unless_the_gap_is_accepted() {
    runOnce(5);
    log.commitNumbers(5, 5);
    log.purge(8);
    Pipeline stopped = started(pipeline(transport.publisher()));
    awaitState(stopped, PipelineState.FAILED);
    assertThat(stopped.status().lastError().orElseThrow())
        .contains("Transaction 5 is purged", "ACCEPT_GAP");
    stopped.close();
    long epoch = stored("p").orElseThrow().epoch();
    Pipeline accepted =
        started(pipeline(transport.publisher()).lostPosition(LostPosition.ACCEPT_GAP));
    awaitAcknowledged(accepted, 2);
    assertThat(accepted.status().epoch()).isEqualTo(epoch + 1);
    awaitSaved(accepted, "A:10");
    assertThat(accepted.status().acceptedGaps()).hasSize(1);
    accepted.close();
    Pipeline later = started(pipeline(transport.publisher()));
    awaitState(later, PipelineState.RUNNING);
    assertThat(later.status().acceptedGaps())
        .singleElement()
        .satisfies(
            gap -> {
              assertThat(gap.reason()).contains("Transaction 5 is purged");
              assertThat(gap.from().orElseThrow().text()).isEqualTo("A:5");
              assertThat(gap.to().text()).isEqualTo("A:8");
              assertThat(gap.epoch()).isEqualTo(epoch + 1);
            });
    assertThat(later.status().toString()).contains("1 gaps accepted");
  }

  @Test
  void a_position_removed_by_hand_is_lost_and_no_first_start() {
    runOnce(5);
    FilePositions store = FilePositions.in(directory);
    Lease lease = store.acquire("p", "a person", Duration.ofSeconds(5)).orElseThrow();
    store.save(lease, Optional.empty(), 1_000);
    store.release(lease);
    Pipeline pipeline = started(pipeline(transport.publisher()));
    awaitState(pipeline, PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow()).contains("ran before", "ACCEPT_GAP");
  }

  @Test
  void a_risen_epoch_is_stored_before_anything_is_published_under_it() {
    runOnce(5);
    long before = stored("p").orElseThrow().epoch();
    log.failOver("B");
    log.commitNumbers(5, 1);
    List<Long> epochs = new ArrayList<>();
    gated.onPublish(() -> epochs.add(stored("p").orElseThrow().epoch()));
    gated.open();
    Pipeline pipeline = started(pipeline(gated));
    awaitAcknowledged(pipeline, 1);
    assertThat(epochs).containsExactly(before + 1);
    assertThat(pipeline.status().epoch()).isEqualTo(before + 1);
  }

  @Test
  void a_transaction_larger_than_a_poll_moves_the_position_only_at_its_end() {
    gated.open();
    Pipeline pipeline = started(pipeline(gated).maxInFlightEvents(10));
    awaitState(pipeline, PipelineState.RUNNING);
    ChangeEvent[] large =
        IntStream.range(0, 95).mapToObj(ScriptedLog::event).toArray(ChangeEvent[]::new);
    log.commit(large);
    awaitAcknowledged(pipeline, 95);
    awaitSaved(pipeline, "A:1");
    assertThat(log.savedAtReader()).extracting(Position::text).containsOnly("A:0", "A:1");
  }

  @Test
  void closing_ends_in_time_although_the_transport_blocks() {
    InProcessTransport full = InProcessTransport.builder().capacity(1).build();
    Pipeline pipeline = started(pipeline(full.publisher()).closeTimeout(Duration.ofSeconds(3)));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 10);
    awaitAcknowledged(pipeline, 1);
    long start = System.nanoTime();
    pipeline.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(pipeline.status().state()).isEqualTo(PipelineState.CLOSED);
    assertThat(stored("p").orElseThrow().position().orElseThrow().text()).isIn("A:0", "A:1");
  }

  @Test
  void closing_waits_for_acknowledgements_and_saves_them() {
    Pipeline pipeline = started(pipeline(gated).saveInterval(Duration.ofHours(1)));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, 5);
    await().until(() -> gated.pending() == 5);
    Thread opener = new Thread(gated::open, "opens the gate");
    opener.start();
    pipeline.close();
    assertThat(stored("p").orElseThrow().position().orElseThrow().text()).isEqualTo("A:5");
    assertThat(gated.closed()).isTrue();
  }

  @Test
  void closing_is_legal_in_any_state_and_a_start_is_not() {
    Pipeline fresh = pipeline(transport.publisher()).build();
    fresh.close();
    fresh.close();
    fresh.flush();
    assertThat(fresh.status().state()).isEqualTo(PipelineState.CLOSED);
    assertThatThrownBy(fresh::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("CLOSED");
    Pipeline twice = started(pipeline(transport.publisher()));
    assertThatThrownBy(twice::start).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_listener_that_closes_the_pipeline_does_not_hang_it() {
    Pipeline[] self = new Pipeline[1];
    PipelineListener closing =
        new PipelineListener() {
          @Override
          public void published(String pipeline, int captured, int echoes, int filtered) {
            self[0].close();
          }
        };
    self[0] = pipeline(transport.publisher()).listener(closing).build();
    pipelines.add(self[0]);
    self[0].start();
    awaitState(self[0], PipelineState.RUNNING);
    log.commitNumbers(0, 1);
    awaitState(self[0], PipelineState.CLOSING);
    self[0].close();
    assertThat(self[0].status().state()).isEqualTo(PipelineState.CLOSED);
    assertThat(stored("p").orElseThrow().position().orElseThrow().text()).isEqualTo("A:1");
  }

  @Test
  void building_reports_every_problem_at_once() {
    assertThatThrownBy(
            () ->
                Pipeline.builder("p")
                    .retryBackoff(Duration.ofSeconds(2), Duration.ofSeconds(1))
                    .build())
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(5));
    assertThatThrownBy(() -> Pipeline.builder("p q")).isInstanceOf(IllegalArgumentException.class);
  }

  private void runOnce(int events) {
    Pipeline pipeline = started(pipeline(transport.publisher()));
    awaitState(pipeline, PipelineState.RUNNING);
    log.commitNumbers(0, events);
    awaitAcknowledged(pipeline, events);
    pipeline.close();
  }

  private PipelineBuilder pipeline(Publisher publisher) {
    return Pipeline.builder("p")
        .from(log)
        .to(publisher)
        .positions(FilePositions.in(directory))
        .firstStart(FirstStart.NOW)
        .saveInterval(Duration.ofMillis(20))
        .leaseDuration(Duration.ofSeconds(2))
        .retryBackoff(Duration.ofMillis(10), Duration.ofMillis(100))
        .closeTimeout(Duration.ofSeconds(10));
  }

  private Pipeline started(PipelineBuilder builder) {
    Pipeline pipeline = builder.build();
    pipelines.add(pipeline);
    pipeline.start();
    return pipeline;
  }

  private static void awaitState(Pipeline pipeline, PipelineState state) {
    await().until(() -> pipeline.status().state() == state);
  }

  private static void awaitAcknowledged(Pipeline pipeline, int events) {
    await()
        .failFast(() -> assertThat(pipeline.status().state()).isNotEqualTo(PipelineState.FAILED))
        .until(() -> pipeline.status().counters().acknowledged() >= events);
  }

  private static void awaitSaved(Pipeline pipeline, String text) {
    await().until(() -> pipeline.status().position().map(Position::text).orElse(""), text::equals);
  }

  private Optional<StoredPosition> stored(String pipeline) {
    return stored(directory, pipeline);
  }

  /** Looks into a copy of the store, so that the pipeline keeps its lease. */
  private Optional<StoredPosition> stored(Path store, String pipeline) {
    Path copy = copy(store, store.resolveSibling(store.getFileName() + "-look"));
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(2));
    FilePositions positions = FilePositions.in(copy, later);
    Lease lease = positions.acquire(pipeline, "a look", Duration.ofSeconds(1)).orElseThrow();
    return positions.load(lease);
  }

  private Position position(Path store) {
    return stored(store, "p").orElseThrow().position().orElseThrow();
  }

  /** The store as a crash at this moment would leave it. */
  private Path crashImage(String name) {
    return copy(directory, directory.resolveSibling(directory.getFileName() + name));
  }

  private static Path copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
      try (Stream<Path> files = Files.list(from)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".position")).toList()) {
          Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
        }
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a new instance publishes when it finds the store as the crash left it. */
  private Set<Integer> numbersAfterCrash(Path image) {
    GatedPublisher publisher = new GatedPublisher();
    publisher.open();
    Pipeline after =
        pipeline(publisher)
            .positions(
                FilePositions.in(image, Clock.offset(Clock.systemUTC(), Duration.ofHours(1))))
            .build();
    try (after) {
      after.start();
      awaitState(after, PipelineState.RUNNING);
      int last = gated.published().stream().max(Integer::compare).orElseThrow();
      await()
          .until(
              () ->
                  publisher.published().contains(last)
                      || position(image).text().equals("A:" + (last + 1)));
    }
    return publisher.published().stream().collect(Collectors.toCollection(TreeSet::new));
  }

  private List<ChangeEvent> received() {
    List<ChangeEvent> events = new ArrayList<>();
    try (Subscription subscription =
        transport
            .subscriber("judge" + System.nanoTime())
            .open(
                new AssignmentListener() {
                  @Override
                  public Map<Integer, StartOffset> assigned(
                      Channel channel, Set<Integer> partitions) {
                    return partitions.stream()
                        .collect(Collectors.toMap(p -> p, p -> StartOffset.oldest()));
                  }

                  @Override
                  public void revoked(Set<Integer> partitions) {
                    // One member only.
                  }
                })) {
      List<Delivery> polled = subscription.poll(100_000, Duration.ZERO);
      while (!polled.isEmpty()) {
        polled.forEach(d -> events.add(ProtobufCodec.instance().decode(d.event())));
        polled = subscription.poll(100_000, Duration.ZERO);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return events;
  }
}
