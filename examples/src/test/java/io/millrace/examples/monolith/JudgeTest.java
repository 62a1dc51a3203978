package io.millrace.examples.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The judge must be able to say no. */
class JudgeTest {
  private static final Change FIRST =
      new Change("monolith", "customer", "1", "UPDATED", Map.of("name", "a"));
  private static final Change SECOND =
      new Change("monolith", "customer", "1", "UPDATED", Map.of("name", "b"));

  @Test
  void a_change_that_is_journalled_and_on_the_topic_is_neither_lost_nor_an_echo() {
    Judge.Verdict verdict = Judge.compare(List.of(journalled(FIRST)), List.of(event("1", FIRST)));

    assertThat(verdict.lost()).isZero();
    assertThat(verdict.echoes()).isZero();
    assertThat(verdict.committedMicros()).containsEntry("1", 7L);
  }

  @Test
  void a_change_that_is_not_on_the_topic_is_lost() {
    List<Journal.Entry> journal = List.of(journalled(FIRST), journalled(SECOND));

    assertThat(Judge.compare(journal, List.of(event("1", FIRST))).lost()).isEqualTo(1);
  }

  @Test
  void one_of_two_changes_of_the_same_content_that_is_missing_is_lost() {
    List<Journal.Entry> journal = List.of(journalled(FIRST), journalled(FIRST));

    assertThat(Judge.compare(journal, List.of(event("1", FIRST))).lost()).isEqualTo(1);
  }

  @Test
  void an_event_that_nobody_journalled_is_an_echo() {
    List<Topic.Event> topic = List.of(event("1", FIRST), event("2", FIRST));

    assertThat(Judge.compare(List.of(journalled(FIRST)), topic).echoes()).isEqualTo(1);
  }

  @Test
  void the_same_event_twice_is_a_duplicate_and_no_echo() {
    List<Topic.Event> topic = List.of(event("1", FIRST), event("1", FIRST));
    Judge.Verdict verdict = Judge.compare(List.of(journalled(FIRST)), topic);

    assertThat(verdict.echoes()).isZero();
    assertThat(verdict.duplicates()).isEqualTo(1);
  }

  @Test
  void a_later_state_counts_for_the_change_only_where_states_are_looked_up() {
    List<Journal.Entry> journal = List.of(journalled(FIRST), journalled(SECOND));
    List<Topic.Event> topic = List.of(event("1", SECOND), event("2", SECOND));

    assertThat(Judge.compare(journal, topic).lost()).isEqualTo(1);
    assertThat(Judge.compare(journal, topic).echoes()).isEqualTo(1);
    Judge.Verdict lookedUp = Judge.compare(journal, topic, Set.of("monolith"));
    assertThat(lookedUp.lost()).isZero();
    assertThat(lookedUp.echoes()).isZero();
    assertThat(lookedUp.later()).isEqualTo(1);
    assertThat(lookedUp.committedMicros()).containsOnlyKeys("1", "2");
  }

  @Test
  void a_change_too_much_or_of_another_field_is_no_later_state() {
    Change other = new Change("monolith", "customer", "1", "UPDATED", Map.of("note", "b"));
    List<Topic.Event> topic = List.of(event("1", FIRST), event("2", SECOND), event("3", other));
    Judge.Verdict verdict = Judge.compare(List.of(journalled(FIRST)), topic, Set.of("monolith"));

    assertThat(verdict.lost()).isZero();
    assertThat(verdict.echoes()).isEqualTo(2);
  }

  @Test
  void what_a_trigger_made_in_an_appliers_transaction_is_counted_apart() {
    Judge.Verdict verdict =
        Judge.compare(List.of(), List.of(new Topic.Event("1", FIRST.line(), 1)));

    assertThat(verdict.echoes()).isZero();
    assertThat(verdict.consequences()).isEqualTo(1);
  }

  @Test
  void rows_that_differ_or_are_missing_on_one_side_are_named() {
    List<String> differences =
        Judge.differences(
            "customer",
            Map.of("1", Map.of("name", "a"), "2", Map.of("name", "b"), "3", Map.of("name", "c")),
            Map.of("1", Map.of("name", "a"), "2", Map.of("name", "x")));

    assertThat(differences).hasSize(2).anyMatch(d -> d.startsWith("customer/2:"));
  }

  private static Journal.Entry journalled(Change change) {
    return new Journal.Entry(7, change.line());
  }

  private static Topic.Event event(String id, Change change) {
    return new Topic.Event(id, change.line(), 0);
  }
}
