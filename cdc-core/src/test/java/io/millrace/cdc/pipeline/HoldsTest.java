package io.millrace.cdc.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.position.StoredPosition;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedKey;
import io.millrace.cdc.source.FirstStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events that the transport can never carry: key = number modulo 7, as {@link ScriptedLog} has it.
 */
class HoldsTest {
  private static final int KEYS = 7;

  @TempDir Path directory;

  private final ScriptedLog log = new ScriptedLog();
  private final PickyPublisher picky = new PickyPublisher(number -> number == 3);
  private final List<Pipeline> pipelines = new ArrayList<>();
  private final List<UnpublishedEvent> told = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    pipelines.forEach(Pipeline::close);
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("millrace-"));
  }

  @Test
  void one_event_that_cannot_be_published_holds_its_key_and_nothing_else() {
    log.commitNumbers(0, 30);
    Pipeline pipeline = started(picky, directory);
    awaitSaved(pipeline, 30);
    assertThat(picky.published()).doesNotContain(3, 10, 17, 24).hasSize(26);
    PipelineStatus status = pipeline.status();
    assertThat(status.heldEvents()).isEqualTo(4);
    assertThat(status.heldKeys()).isEqualTo(1);
    assertThat(status.healthy()).isFalse();
    assertThat(status.state()).isEqualTo(PipelineState.RUNNING);
    assertThat(status.toString()).contains("HELD 4 events of 1 keys");
    assertThat(status.counters().filtered()).isZero();
    assertThat(told)
        .extracting(event -> PipelineTest.number(event.event()))
        .containsExactly(3, 10, 17, 24);
    List<UnpublishedKey> held = pipeline.held();
    assertThat(held).hasSize(1);
    assertThat(held.get(0).routingKey()).isEqualTo(ScriptedLog.event(3).routingKey());
    assertThat(held.get(0).events()).isEqualTo(4);
    assertThat(held.get(0).error()).contains("3 is too large");
  }

  @Test
  void what_is_held_survives_a_restart_and_goes_in_order_once_it_can() {
    log.commitNumbers(0, 11);
    Pipeline first = started(picky, directory);
    awaitSaved(first, 11);
    first.close();
    PickyPublisher still = new PickyPublisher(number -> number == 3);
    Pipeline second = started(still, directory);
    awaitState(second, PipelineState.RUNNING);
    log.commitNumbers(11, 7);
    awaitSaved(second, 18);
    assertThat(still.published()).containsExactly(11, 12, 13, 14, 15, 16);
    assertThat(second.status().heldEvents()).isEqualTo(3);
    second.close();
    log.commitNumbers(18, 7);
    PickyPublisher mended = new PickyPublisher(number -> false);
    Pipeline third = started(mended, directory);
    awaitSaved(third, 25);
    assertThat(mended.published()).startsWith(3, 10, 17).hasSize(10).contains(24);
    assertThat(third.status().heldEvents()).isZero();
    assertThat(third.status().healthy()).isTrue();
    third.close();
    PickyPublisher last = new PickyPublisher(number -> false);
    Pipeline fourth = started(last, directory);
    awaitState(fourth, PipelineState.RUNNING);
    log.commitNumbers(25, 1);
    awaitSaved(fourth, 26);
    assertThat(last.published()).containsExactly(25);
  }

  @Test
  void what_is_held_is_tried_again_by_itself_while_its_key_goes_on_changing() {
    log.commitNumbers(0, 11);
    Pipeline pipeline =
        started(
            builder(picky, directory)
                .onUnpublishable(Unpublishable.hold().retryEvery(Duration.ofMillis(20))));
    awaitSaved(pipeline, 11);
    picky.refuse(number -> false);
    int next = 11;
    while (pipeline.status().heldEvents() > 0) {
      log.commitNumbers(next++, 1);
    }
    log.commitNumbers(next, 14);
    awaitSaved(pipeline, next + 14);
    inOrder(picky.published(), next + 14);
    assertThat(picky.published()).hasSize(next + 14);
  }

  @Test
  void replay_publishes_in_order_and_says_whether_all_went() {
    log.commitNumbers(0, 18);
    Pipeline pipeline = started(picky, directory);
    awaitSaved(pipeline, 18);
    String key = ScriptedLog.event(3).routingKey();
    assertThat(pipeline.replay(key)).isFalse();
    assertThat(pipeline.replay("no such key")).isTrue();
    picky.refuse(number -> number == 17);
    assertThat(pipeline.replay(key)).isFalse();
    assertThat(pipeline.held().get(0).events()).isEqualTo(1);
    picky.refuse(number -> false);
    assertThat(pipeline.replay(key)).isTrue();
    assertThat(pipeline.held()).isEmpty();
    log.commitNumbers(18, 7);
    awaitSaved(pipeline, 25);
    inOrder(picky.published(), 25);
  }

  @Test
  void discard_drops_what_waits_of_a_key_and_later_events_of_it_go() {
    log.commitNumbers(0, 18);
    Pipeline pipeline = started(picky, directory);
    awaitSaved(pipeline, 18);
    String key = ScriptedLog.event(3).routingKey();
    assertThat(pipeline.discard("no such key")).isFalse();
    assertThat(pipeline.discard(key)).isTrue();
    assertThat(pipeline.held()).isEmpty();
    log.commitNumbers(18, 7);
    awaitSaved(pipeline, 25);
    assertThat(picky.published()).doesNotContain(3, 10, 17).contains(24).hasSize(22);
    pipeline.close();
    PickyPublisher after = new PickyPublisher(number -> false);
    Pipeline again = started(after, directory);
    awaitState(again, PipelineState.RUNNING);
    assertThat(again.status().heldEvents()).isZero();
    assertThat(after.published()).isEmpty();
  }

  @Test
  void in_the_middle_of_a_transaction_what_is_held_is_published_before_the_position_passes_it() {
    ChangeEvent[] large =
        IntStream.range(0, 2_500).mapToObj(ScriptedLog::event).toArray(ChangeEvent[]::new);
    log.commit(large);
    Pipeline pipeline =
        started(
            builder(picky, directory)
                .onUnpublishable(Unpublishable.hold().retryEvery(Duration.ofNanos(1)))
                .listener(
                    new PipelineListener() {
                      @Override
                      public void held(String name, UnpublishedEvent event) {
                        if (PipelineTest.number(event.event()) > 900) {
                          picky.refuse(number -> false);
                        }
                      }
                    }));
    awaitSaved(pipeline, 1);
    await().until(() -> pipeline.status().heldEvents() == 0);
    assertThat(picky.published()).hasSize(2_500);
    inOrder(picky.published(), 2_500);
  }

  @Test
  void what_fails_after_it_was_taken_is_held_and_nothing_of_its_key_passes_it() {
    PickyPublisher late = new PickyPublisher(number -> number == 3 || number == 12).late();
    log.commitNumbers(0, 30);
    Pipeline pipeline = started(late, directory);
    awaitSaved(pipeline, 30);
    assertThat(late.published()).doesNotContain(3, 10, 17, 24, 12, 19, 26);
    assertThat(new LinkedHashSet<>(late.published())).hasSize(23);
    assertThat(late.refused()).isEqualTo(2);
    pipeline.close();
    PickyPublisher mended = new PickyPublisher(number -> false);
    Pipeline after = started(mended, directory);
    await().until(() -> mended.published().size() == 7);
    assertThat(mended.published()).containsExactly(3, 10, 17, 24, 12, 19, 26);
    after.close();
  }

  @Test
  void what_fails_late_again_when_it_is_retried_does_not_keep_the_others_waiting() {
    PickyPublisher late = new PickyPublisher(number -> number == 3).late();
    log.commitNumbers(0, 11);
    awaitSaved(started(late, directory), 11);
    pipelines.get(0).close();
    Pipeline again = started(late, directory);
    log.commitNumbers(11, 20);
    awaitSaved(again, 31);
    assertThat(again.status().heldEvents()).isEqualTo(4);
  }

  @Test
  void more_than_may_be_held_stops_the_pipeline_and_nothing_is_lost() {
    log.commitNumbers(0, 30);
    Pipeline pipeline =
        started(builder(picky, directory).onUnpublishable(Unpublishable.hold().atMost(3, 1 << 20)));
    awaitState(pipeline, PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow())
        .contains("holds 3 events", "atMost(3, 1048576)", "waits behind", "3 is too large");
    pipeline.close();
    PickyPublisher mended = new PickyPublisher(number -> false);
    awaitSaved(started(mended, directory), 30);
    assertThat(mended.published()).containsSubsequence(3, 10, 17, 24);
  }

  @Test
  void to_stop_at_the_first_is_the_other_policy_and_it_respects_what_an_earlier_run_held() {
    log.commitNumbers(0, 3);
    Pipeline pipeline = started(builder(picky, directory).onUnpublishable(Unpublishable.stop()));
    log.commitNumbers(3, 1);
    awaitState(pipeline, PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow())
        .contains("cannot publish", "3 is too large");
    pipeline.close();
    awaitSaved(started(picky, directory), 4);
    pipelines.get(1).close();
    Pipeline strict = started(builder(picky, directory).onUnpublishable(Unpublishable.stop()));
    log.commitNumbers(4, 7);
    awaitState(strict, PipelineState.FAILED);
    assertThat(strict.status().lastError().orElseThrow())
        .contains("waits behind", "3 is too large");
    assertThat(picky.published()).doesNotContain(3, 10);
  }

  @Test
  void a_crash_at_any_moment_loses_nothing_and_keeps_the_order() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 10; round++) {
      Path store = directory.resolve("round" + round);
      ScriptedLog own = new ScriptedLog();
      PickyPublisher before = new PickyPublisher(number -> number % 5 == 3);
      Pipeline pipeline =
          started(
              builder(before, store)
                  .from(own)
                  .onUnpublishable(
                      Unpublishable.hold().retryEvery(Duration.ofMillis(1 + random.nextInt(5)))));
      int number = 0;
      while (number < 120) {
        int size = 1 + random.nextInt(6);
        ChangeEvent[] events = new ChangeEvent[size];
        for (int i = 0; i < size; i++) {
          events[i] = ScriptedLog.event(number++);
        }
        own.commit(events);
        if (random.nextInt(8) == 0) {
          int rest = 3 + random.nextInt(40);
          before.refuse(n -> n % rest == 3);
        }
      }
      int all = number;
      await()
          .pollInterval(Duration.ofMillis(1))
          .until(() -> pipeline.status().counters().captured() > random.nextInt(all));
      Path image = crashImage(store);
      List<Integer> sent = new ArrayList<>(before.published());
      pipeline.close();
      PickyPublisher after = new PickyPublisher(n -> false);
      Pipeline again =
          started(
              builder(after, image)
                  .from(own)
                  .positions(
                      FilePositions.in(
                          image, Clock.offset(Clock.systemUTC(), Duration.ofHours(1)))));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  Stream.concat(sent.stream(), after.published().stream()).distinct().count()
                      == all);
      again.close();
      sent.addAll(after.published());
      inOrder(sent, all);
    }
  }

  @Test
  void a_store_that_cannot_keep_events_is_refused_unless_the_policy_is_to_stop() {
    PositionStore plain = new Plain();
    PipelineBuilder builder = builder(picky, directory).positions(plain);
    assertThatThrownBy(builder::build)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("plain store cannot keep events")
        .hasMessageContaining("Unpublishable.stop()");
    builder.onUnpublishable(Unpublishable.stop()).build().close();
  }

  @Test
  void nothing_can_be_asked_of_a_pipeline_that_does_not_run() {
    Pipeline pipeline = builder(picky, directory).build();
    assertThatThrownBy(pipeline::held)
        .hasMessageContaining("must run for LIST")
        .hasMessageContaining("NEW");
    pipeline.close();
  }

  /** First appearances per key are in order and complete; repetitions are allowed. */
  private static void inOrder(List<Integer> published, int count) {
    LinkedHashSet<Integer> first = new LinkedHashSet<>(published);
    assertThat(first).hasSize(count);
    int[] last = new int[KEYS];
    Arrays.fill(last, -1);
    for (int number : first) {
      assertThat(number).as("%s", first).isGreaterThan(last[number % KEYS]);
      last[number % KEYS] = number;
    }
  }

  private PipelineBuilder builder(PickyPublisher publisher, Path store) {
    return Pipeline.builder("p")
        .from(log)
        .to(publisher)
        .positions(FilePositions.in(store))
        .firstStart(FirstStart.OLDEST)
        .saveInterval(Duration.ofMillis(5))
        .retryBackoff(Duration.ofMillis(10), Duration.ofMillis(100))
        .closeTimeout(Duration.ofSeconds(10))
        .listener(
            new PipelineListener() {
              @Override
              public void held(String pipeline, UnpublishedEvent event) {
                told.add(event);
              }
            });
  }

  private Pipeline started(PickyPublisher publisher, Path store) {
    return started(builder(publisher, store));
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

  private static void awaitSaved(Pipeline pipeline, int transactions) {
    await()
        .failFast(() -> assertThat(pipeline.status().state()).isNotEqualTo(PipelineState.FAILED))
        .until(
            () -> pipeline.status().position().map(Position::text).orElse(""),
            ("A:" + transactions)::equals);
  }

  /** Position first: what a crash between the two leaves can only be more held events. */
  private static Path crashImage(Path store) {
    Path image = store.resolveSibling(store.getFileName() + "-image");
    for (int attempt = 0; ; attempt++) {
      try {
        copy(store, image);
        return image;
      } catch (UncheckedIOException e) {
        if (attempt == 50) {
          throw e;
        }
      }
    }
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file :
          files.sorted(Comparator.comparing(p -> !p.toString().endsWith(".position"))).toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (file.toString().endsWith(".position") || file.toString().endsWith(".event")) {
          Files.createDirectories(copy.getParent());
          Files.write(copy, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A store that keeps nothing but positions. */
  private static final class Plain implements PositionStore {
    @Override
    public String describe() {
      return "plain store";
    }

    @Override
    public Optional<Lease> acquire(String pipeline, String owner, Duration duration) {
      return Optional.empty();
    }

    @Override
    public Lease renew(Lease lease, Duration duration) {
      return lease;
    }

    @Override
    public void release(Lease lease) {
      // Nothing to give back.
    }

    @Override
    public Optional<StoredPosition> load(Lease lease) {
      return Optional.empty();
    }

    @Override
    public void save(Lease lease, Optional<Position> position, long epoch) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }
}
