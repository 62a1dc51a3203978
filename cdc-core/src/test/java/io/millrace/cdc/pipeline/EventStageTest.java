package io.millrace.cdc.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventStageTest {
  private static final Row OPEN = row("open");
  private static final Row CLOSED = row("closed");

  @Test
  void an_update_that_stays_within_the_filter_is_published_as_it_is() {
    ChangeEvent event = update(OPEN, row("open"));
    assertThat(filtered(event)).isSameAs(event);
  }

  @Test
  void an_update_that_leaves_the_filter_is_a_delete_that_keeps_the_state_before() {
    ChangeEvent left = filtered(update(OPEN, CLOSED));
    assertThat(left.type()).isEqualTo(ChangeType.DELETED);
    assertThat(left.newValue()).isNull();
    assertThat(left.oldValue()).isEqualTo(OPEN);
    assertThat(left.changedFields()).isEmpty();
  }

  @Test
  void an_update_that_enters_the_filter_is_a_creation_of_every_field() {
    ChangeEvent entered = filtered(update(CLOSED, OPEN));
    assertThat(entered.type()).isEqualTo(ChangeType.CREATED);
    assertThat(entered.newValue()).isEqualTo(OPEN);
    assertThat(entered.oldValue()).isNull();
    assertThat(entered.changedFields()).containsExactly("id", "status");
  }

  @Test
  void an_update_outside_the_filter_is_left_out() {
    assertThat(filtered(update(CLOSED, row("cancelled")))).isNull();
  }

  @Test
  void where_the_state_before_is_not_known_a_row_outside_is_deleted_to_be_sure() {
    assertThat(filtered(update(null, CLOSED)).type()).isEqualTo(ChangeType.DELETED);
    assertThat(filtered(update(null, OPEN)).type()).isEqualTo(ChangeType.UPDATED);
    Row partial = Row.builder().put("id", Value.of(1)).partial(true).build();
    assertThat(filtered(update(partial, CLOSED)).type()).isEqualTo(ChangeType.DELETED);
  }

  @Test
  void a_delete_is_judged_by_the_state_before_it() {
    assertThat(filtered(delete(OPEN))).isNotNull();
    assertThat(filtered(delete(CLOSED))).isNull();
    assertThat(filtered(delete(null))).isNotNull();
  }

  @Test
  void a_filter_never_changes_a_version() {
    ChangeEvent event = update(OPEN, CLOSED);
    assertThat(filtered(event).version()).isEqualTo(event.version());
    assertThat(filtered(event).eventId()).isEqualTo(event.eventId());
  }

  @Test
  void a_transform_may_change_the_row_but_not_the_version() {
    ChangeEvent event = update(OPEN, OPEN);
    EventStage renames = stage(p -> p.transform(e -> e.toBuilder().newValue(CLOSED).build()));
    assertThat(renames.apply(event).newValue()).isEqualTo(CLOSED);
    EventStage hops = stage(p -> p.transform(e -> e.toBuilder().hops(0).log("x").build()));
    assertThatThrownBy(() -> hops.apply(event))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("must not change log");
    EventStage nothing = stage(p -> p.transform(e -> null));
    assertThatThrownBy(() -> nothing.apply(event)).hasMessageContaining("filter");
  }

  @Test
  void a_routing_key_travels_in_the_event_too() {
    EventStage stage = stage(p -> p.routing(e -> "customer-7"));
    assertThat(stage.apply(update(OPEN, OPEN)).routingKey()).isEqualTo("customer-7");
    EventStage empty = stage(p -> p.routing(e -> ""));
    assertThatThrownBy(() -> empty.apply(update(OPEN, OPEN))).isInstanceOf(EventException.class);
  }

  @Test
  void a_function_that_throws_is_named_with_its_event() {
    EventStage stage =
        stage(
            p ->
                p.filter(
                    e -> {
                      throw new IllegalStateException("no such region");
                    }));
    assertThatThrownBy(() -> stage.apply(update(OPEN, OPEN)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("item/1")
        .hasMessageContaining("no such region");
  }

  @Test
  void a_key_change_is_judged_by_both_its_events() {
    Row one = Row.of("id", Value.of(1));
    Row two = Row.of("id", Value.of(2));
    for (Row before : List.of(OPEN, CLOSED)) {
      for (Row after : List.of(OPEN, CLOSED)) {
        ChangeEvent left = delete(before).toBuilder().key(one).previousKey(two).build();
        ChangeEvent arrived =
            ScriptedLog.event(2).toBuilder().key(two).previousKey(one).newValue(after).build();
        List<ChangeEvent> both = List.of(left, arrived);
        EventStage stage =
            stage(p -> p.filter(e -> e.newValue().get("status").equals(Value.of("open"))));
        ChangeEvent first = stage.apply(left, KeyChange.other(both, 0));
        ChangeEvent second = stage.apply(arrived, KeyChange.other(both, 1));
        // A row that enters or leaves has no other key.
        boolean stays = before.equals(OPEN) && after.equals(OPEN);
        assertThat(first == null).isEqualTo(before.equals(CLOSED));
        assertThat(second == null).isEqualTo(after.equals(CLOSED));
        if (first != null) {
          assertThat(first.previousKey()).isEqualTo(stays ? two : null);
        }
        if (second != null) {
          assertThat(second.previousKey()).isEqualTo(stays ? one : null);
        }
        assertThat(KeyChange.other(List.of(left, delete(OPEN)), 0)).isNull();
        assertThat(KeyChange.other(List.of(arrived), 0)).isNull();
      }
    }
  }

  private static ChangeEvent filtered(ChangeEvent event) {
    return stage(p -> p.filter(e -> e.newValue().get("status").equals(Value.of("open"))))
        .apply(event);
  }

  private static EventStage stage(Consumer<PipelineBuilder> set) {
    PipelineBuilder builder =
        Pipeline.builder("p")
            .from(new ScriptedLog())
            .to(InProcessTransport.builder().build().publisher())
            .positions(FilePositions.in(Path.of("never-used")))
            .firstStart(FirstStart.NOW);
    set.accept(builder);
    return new EventStage(builder.settings());
  }

  private static ChangeEvent update(@Nullable Row before, Row after) {
    return ScriptedLog.event(1).toBuilder()
        .type(ChangeType.UPDATED)
        .oldValue(before)
        .newValue(after)
        .changedFields(List.of("status"))
        .build();
  }

  private static ChangeEvent delete(@Nullable Row before) {
    return ScriptedLog.event(1).toBuilder()
        .type(ChangeType.DELETED)
        .oldValue(before)
        .newValue(null)
        .changedFields(List.of())
        .build();
  }

  private static Row row(String status) {
    return Row.builder().put("id", Value.of(1)).put("status", Value.of(status)).build();
  }
}
