package io.millrace.examples.monolith;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Holds journals, topic and tables against each other, without asking the library. */
public final class Judge {
  /**
   * What the topic says.
   *
   * @param lost journalled changes that are not on the topic
   * @param echoes events on the topic that no writer journalled
   * @param consequences events with hops of 1 or more: made by triggers in an applier's transaction
   * @param duplicates events that stand on the topic more than once
   * @param later events whose fields were named right and have a later value than the change gave
   *     them: allowed where a source looks states up
   * @param committedMicros when the change of an event was committed, by event id
   * @param examples a few lost changes and echoes, for people
   */
  public record Verdict(
      long lost,
      long echoes,
      long consequences,
      long duplicates,
      long later,
      Map<String, Long> committedMicros,
      List<String> examples) {}

  private static final int EXAMPLES = 5;

  private Judge() {}

  /** Matches every journalled change with one event of the same content. */
  public static Verdict compare(List<Journal.Entry> journal, List<Topic.Event> topic) {
    return compare(journal, topic, Set.of());
  }

  /**
   * The same where some sources look states up.
   *
   * @param lookUp sides whose source reads a row's state after the change, and so may give a later
   *     one; there what finds no event of its content is matched with one that names the same row
   *     and fields
   */
  public static Verdict compare(
      List<Journal.Entry> journal, List<Topic.Event> topic, Set<String> lookUp) {
    Map<String, Deque<Topic.Event>> events = new HashMap<>();
    Set<String> seen = new HashSet<>();
    long duplicates = 0;
    long consequences = 0;
    for (Topic.Event event : topic) {
      if (event.change().isEmpty()) {
        continue; // a heartbeat or a message
      }
      if (!seen.add(event.eventId())) {
        duplicates++;
      } else if (event.hops() > 0) {
        consequences++;
      } else {
        events.computeIfAbsent(event.change(), change -> new ArrayDeque<>()).add(event);
      }
    }
    List<Journal.Entry> unmatched = new ArrayList<>();
    List<String> examples = new ArrayList<>();
    Map<String, Long> committed = new HashMap<>();
    for (Journal.Entry entry : journal) {
      Deque<Topic.Event> same = events.get(entry.change());
      Topic.Event event = same == null ? null : same.poll();
      if (event == null) {
        unmatched.add(entry);
      } else {
        committed.put(event.eventId(), entry.committedMicros());
      }
    }
    Map<String, Deque<Topic.Event>> left = new HashMap<>();
    Set<String> told = new HashSet<>(committed.keySet());
    for (Topic.Event event : topic) { // in their order, so that the same changes meet
      if (!event.change().isEmpty() && event.hops() == 0 && told.add(event.eventId())) {
        left.computeIfAbsent(withoutValues(event.change(), lookUp), key -> new ArrayDeque<>())
            .add(event);
      }
    }
    long lost = 0;
    long later = 0;
    for (Journal.Entry entry : unmatched) {
      Deque<Topic.Event> same = left.get(withoutValues(entry.change(), lookUp));
      Topic.Event event = same == null ? null : same.poll();
      if (event == null) {
        lost++;
        example(examples, "lost: " + entry.change());
      } else {
        later++;
        committed.put(event.eventId(), entry.committedMicros());
      }
    }
    long echoes = 0;
    for (Deque<Topic.Event> same : left.values()) {
      echoes += same.size();
      same.forEach(event -> example(examples, "echo: " + event.change()));
    }
    return new Verdict(lost, echoes, consequences, duplicates, later, committed, examples);
  }

  private static String withoutValues(String change, Set<String> lookUp) {
    if (lookUp.stream().noneMatch(side -> change.startsWith(side + "\t"))) {
      return change;
    }
    return change.replaceAll("=[^\t]*", "");
  }

  /** Rows that are not the same in monolith and service, as one line each. */
  public static List<String> differences(
      String entity,
      Map<String, Map<String, @Nullable String>> monolith,
      Map<String, Map<String, @Nullable String>> service) {
    return differences(entity, new Side("monolith", monolith), new Side("service", service));
  }

  /**
   * One side's rows.
   *
   * @param name for people
   * @param rows by the text of their keys
   */
  public record Side(String name, Map<String, Map<String, @Nullable String>> rows) {}

  /** Rows that are not the same on both sides, as one line each. */
  public static List<String> differences(String entity, Side one, Side other) {
    List<String> differences = new ArrayList<>();
    Set<String> ids = new HashSet<>(one.rows().keySet());
    ids.addAll(other.rows().keySet());
    for (String id : ids) {
      Map<String, @Nullable String> left = one.rows().get(id);
      Map<String, @Nullable String> right = other.rows().get(id);
      if (!Objects.equals(left, right)) {
        differences.add(
            "%s/%s: %s %s, %s %s".formatted(entity, id, one.name(), left, other.name(), right));
      }
    }
    return differences;
  }

  private static void example(List<String> examples, String text) {
    if (examples.size() < EXAMPLES) {
      examples.add(text);
    }
  }
}
