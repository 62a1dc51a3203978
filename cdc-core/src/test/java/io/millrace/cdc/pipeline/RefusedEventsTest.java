package io.millrace.cdc.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.codec.ContractCodec;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.codec.contract.old.OrderChanged;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedKey;
import io.millrace.cdc.source.FirstStart;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events that the pipeline itself must not publish, or cannot express: those at the hop limit, and
 * those that the codec refuses. Key = number modulo 7.
 */
class RefusedEventsTest {
  private static final int LIMIT = 3;
  private static final String KEY = ScriptedLog.event(3).routingKey();

  @TempDir Path directory;

  private final ScriptedLog log = new ScriptedLog();
  private final PickyPublisher publisher = new PickyPublisher(number -> false);
  private final List<Pipeline> pipelines = new ArrayList<>();
  private final List<UnpublishedEvent> told = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    pipelines.forEach(Pipeline::close);
  }

  @Test
  void an_event_at_the_hop_limit_holds_its_key_and_the_one_below_goes() {
    log.commit(event(1, LIMIT - 1), event(2, 0), event(3, LIMIT), event(4, 0));
    log.commitNumbers(5, 7);
    Pipeline pipeline = started(builder(publisher));
    awaitSaved(pipeline, 8);
    assertThat(publisher.published()).containsExactly(1, 2, 4, 5, 6, 7, 8, 9, 11);
    PipelineStatus status = pipeline.status();
    assertThat(status.state()).isEqualTo(PipelineState.RUNNING);
    assertThat(status.healthy()).isFalse();
    assertThat(status.heldEvents()).isEqualTo(2);
    assertThat(status.heldKeys()).isEqualTo(1);
    assertThat(status.lastError().orElseThrow())
        .contains("item/3", "passed 3 sites", "hopLimit is 3", "Break the circle", "replay");
    UnpublishedKey held = pipeline.held().get(0);
    assertThat(held.routingKey()).isEqualTo(KEY);
    assertThat(held.error()).contains("CREATED item/3", "from shop", "'" + KEY + "'");
    assertThat(told)
        .extracting(UnpublishedEvent::cause)
        .containsExactly(UnpublishedEvent.Cause.HOP_LIMIT, UnpublishedEvent.Cause.TRANSPORT);
  }

  @Test
  void what_is_held_at_the_hop_limit_is_published_by_replay_only() {
    publisher.refuse(number -> number == 1);
    log.commit(event(1, 0), event(3, LIMIT));
    log.commitNumbers(10, 1);
    Pipeline pipeline = started(retrying(builder(publisher)));
    awaitRetries(publisher);
    assertThat(publisher.published()).isEmpty();
    pipeline.close();
    // Neither a restart nor a higher limit is a request.
    PickyPublisher next = new PickyPublisher(number -> number == 1);
    Pipeline again = started(retrying(builder(next).hopLimit(LIMIT + 1)));
    awaitRetries(next);
    assertThat(next.published()).isEmpty();
    assertThat(again.replay(KEY)).isTrue();
    assertThat(next.published()).containsExactly(3, 10);
    assertThat(again.held()).extracting(UnpublishedKey::routingKey).doesNotContain(KEY);
    log.commitNumbers(17, 1);
    awaitSaved(again, 3);
    assertThat(next.published()).containsExactly(3, 10, 17);
  }

  @Test
  void what_is_held_at_the_hop_limit_before_its_position_is_saved_is_published_by_replay_only() {
    publisher.refuse(number -> number == 1);
    log.commit(event(1, 0), event(3, LIMIT));
    Pipeline pipeline = started(retrying(builder(publisher)).saveInterval(Duration.ofHours(1)));
    awaitRetries(publisher);
    log.commitNumbers(10, 1);
    await().until(() -> pipeline.status().heldEvents() == 3);
    awaitRetries(publisher);
    assertThat(publisher.published()).isEmpty();
    assertThat(pipeline.replay(KEY)).isTrue();
    assertThat(publisher.published()).containsExactly(3, 10);
  }

  @Test
  void an_event_at_the_hop_limit_stays_when_what_it_waited_behind_goes_by_itself() {
    publisher.refuse(number -> number == 3);
    log.commit(event(3, 0), event(10, LIMIT), event(17, 0));
    Pipeline pipeline = started(retrying(builder(publisher)));
    awaitSaved(pipeline, 1);
    publisher.refuse(number -> number == 1);
    await().until(() -> publisher.published().contains(3));
    log.commit(event(1, 0));
    awaitRetries(publisher);
    assertThat(publisher.published()).containsExactly(3);
    UnpublishedKey held = pipeline.held().get(0);
    assertThat(held.events()).isEqualTo(2);
    assertThat(held.error()).contains("passed 3 sites");
    assertThat(pipeline.discard(KEY)).isTrue();
    log.commit(event(24, 0));
    await().until(() -> publisher.published().contains(24));
    assertThat(publisher.published()).containsExactly(3, 24);
  }

  @Test
  void the_other_policy_stops_at_the_hop_limit() {
    log.commit(event(1, LIMIT - 1));
    log.commit(event(2, LIMIT));
    Pipeline pipeline = started(builder(publisher).onUnpublishable(Unpublishable.stop()));
    await().until(() -> pipeline.status().state() == PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow())
        .contains("item/2", "passed 3 sites", "hopLimit is 3");
    assertThat(publisher.published()).containsExactly(1);
  }

  @Test
  void an_event_that_the_codec_refuses_holds_its_key_and_goes_once_the_codec_takes_it() {
    log.commitNumbers(0, 18);
    Pipeline pipeline =
        started(retrying(builder(publisher)).codec(new Refusing(n -> n == 3 || n == 17)));
    awaitSaved(pipeline, 18);
    await().until(() -> pipeline.status().heldEvents() == 3);
    assertThat(publisher.published()).hasSize(15).doesNotContain(3, 10, 17);
    assertThat(pipeline.held().get(0).error()).contains("Cannot encode", "item/3");
    assertThat(told)
        .extracting(UnpublishedEvent::cause)
        .containsExactly(
            UnpublishedEvent.Cause.CODEC,
            UnpublishedEvent.Cause.TRANSPORT,
            UnpublishedEvent.Cause.CODEC);
    assertThat(pipeline.replay(KEY)).isFalse();
    pipeline.close();
    PickyPublisher next = new PickyPublisher(number -> false);
    Pipeline again = started(builder(next).codec(new Refusing(n -> n == 17)));
    await().until(() -> again.status().heldEvents() == 1);
    assertThat(next.published()).containsExactly(3, 10);
    again.close();
    PickyPublisher last = new PickyPublisher(number -> false);
    Pipeline mended = started(builder(last));
    await().until(() -> last.published().contains(17));
    await().until(() -> mended.status().heldEvents() == 0);
    assertThat(last.published()).containsExactly(17);
  }

  @Test
  void the_other_policy_stops_at_what_the_codec_refuses() {
    log.commitNumbers(0, 5);
    Pipeline pipeline =
        started(
            builder(publisher)
                .codec(new Refusing(n -> n == 3))
                .onUnpublishable(Unpublishable.stop()));
    await().until(() -> pipeline.status().state() == PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow()).contains("Cannot encode", "item/3");
    assertThat(publisher.published()).doesNotContain(3, 4);
  }

  @Test
  void an_entity_that_a_teams_contract_lacks_is_held_until_it_is_bound() {
    log.commit(event(3, 0));
    EventCodec contract = contract();
    Pipeline pipeline = started(builder(publisher).codec(contract));
    awaitSaved(pipeline, 1);
    assertThat(pipeline.held().get(0).error()).contains("its entity has no contract");
    assertThat(pipeline.replay(KEY)).isFalse();
    pipeline.close();
    Pipeline mended = started(builder(publisher));
    await().until(() -> publisher.published().contains(3));
    await().until(() -> mended.status().heldEvents() == 0);
  }

  @Test
  void a_heartbeat_that_the_codec_refuses_comes_back_though_it_is_not_published() {
    Instant written = Instant.parse("2026-01-02T03:04:05Z");
    Version version = ScriptedLog.event(0).version();
    log.commit(new Heartbeat("p", 1, written, Optional.empty()).toEvent("shop", "shop-1", version));
    EventCodec contract = contract();
    Pipeline pipeline = started(builder(publisher).codec(contract));
    awaitSaved(pipeline, 1);
    await().until(() -> pipeline.status().heartbeatAt().equals(Optional.of(written)));
    assertThat(pipeline.status().heldEvents()).isZero();
    assertThat(publisher.published()).isEmpty();
  }

  @Test
  void an_event_that_can_neither_be_published_nor_held_stops_the_pipeline() {
    log.commit(event(3, 0).toBuilder().type(ChangeType.UNKNOWN).build());
    Pipeline pipeline = started(builder(publisher));
    await().until(() -> pipeline.status().state() == PipelineState.FAILED);
    assertThat(pipeline.status().lastError().orElseThrow())
        .contains("neither publish", "nor hold", "item/3", "UNKNOWN");
    assertThat(publisher.published()).isEmpty();
  }

  private static EventCodec contract() {
    return ContractCodec.builder()
        .entity(
            "order",
            OrderChanged.getDescriptor(),
            m ->
                m.service("monolith", "ORIGIN_MONOLITH")
                    .service("billing", "ORIGIN_BILLING")
                    .key("id")
                    .type(ChangeType.SNAPSHOT, "TYPE_CREATED"))
        .build();
  }

  private PipelineBuilder builder(PickyPublisher to) {
    return Pipeline.builder("p")
        .from(log)
        .to(to)
        .positions(FilePositions.in(directory))
        .firstStart(FirstStart.OLDEST)
        .hopLimit(LIMIT)
        .saveInterval(Duration.ofMillis(5))
        .listener(
            new PipelineListener() {
              @Override
              public void held(String pipeline, UnpublishedEvent event) {
                told.add(event);
              }
            });
  }

  private static PipelineBuilder retrying(PipelineBuilder builder) {
    return builder.onUnpublishable(Unpublishable.hold().retryEvery(Duration.ofMillis(5)));
  }

  private Pipeline started(PipelineBuilder builder) {
    Pipeline pipeline = builder.build();
    pipelines.add(pipeline);
    pipeline.start();
    return pipeline;
  }

  private static ChangeEvent event(int number, int hops) {
    return ScriptedLog.event(number).toBuilder().hops(hops).build();
  }

  /** Another key is refused by the transport: its attempts count the passes over what is held. */
  private static void awaitRetries(PickyPublisher to) {
    int before = to.refused();
    await().atMost(Duration.ofSeconds(60)).until(() -> to.refused() >= before + 5);
  }

  private static void awaitSaved(Pipeline pipeline, int transactions) {
    await()
        .atMost(Duration.ofSeconds(60))
        .failFast(() -> assertThat(pipeline.status().state()).isNotEqualTo(PipelineState.FAILED))
        .until(
            () -> pipeline.status().position().map(Position::text).orElse(""),
            ("A:" + transactions)::equals);
  }

  /** A contract that cannot say some numbers. */
  private record Refusing(IntPredicate numbers) implements EventCodec {
    @Override
    public String contentType() {
      return ProtobufCodec.instance().contentType();
    }

    @Override
    public Encoded encode(ChangeEvent event) {
      int number = (int) ((Value.Int64Value) event.newValue().get("number")).value();
      if (numbers.test(number)) {
        throw new EventException("Cannot encode " + event);
      }
      return ProtobufCodec.instance().encode(event);
    }

    @Override
    public ChangeEvent decode(Encoded encoded) {
      return ProtobufCodec.instance().decode(encoded);
    }
  }
}
