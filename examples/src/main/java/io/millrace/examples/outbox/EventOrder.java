package io.millrace.examples.outbox;

import io.millrace.examples.monolith.Journal;
import io.millrace.examples.monolith.Topic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether each order's events stand on the topic in the order in which they were committed. */
final class EventOrder {
  private EventOrder() {}

  /** One line per order whose events stand otherwise. */
  static List<String> differences(List<Journal.Entry> journal, List<Topic.Event> topic) {
    Map<String, List<String>> committed = new HashMap<>();
    journal.forEach(entry -> note(committed, entry.change()));
    Map<String, List<String>> published = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (Topic.Event event : topic) {
      if (!event.change().isEmpty() && seen.add(event.eventId())) { // its first time counts
        note(published, event.change());
      }
    }
    List<String> differences = new ArrayList<>();
    committed.forEach(
        (order, changes) -> {
          List<String> events = published.getOrDefault(order, List.of());
          if (!changes.equals(events)) {
            differences.add("order " + order + ": committed " + changes + ", published " + events);
          }
        });
    return differences;
  }

  private static void note(Map<String, List<String>> byOrder, String change) {
    byOrder.computeIfAbsent(change.split("\t", -1)[2], order -> new ArrayList<>()).add(change);
  }
}
