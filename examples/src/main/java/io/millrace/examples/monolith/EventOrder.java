package io.millrace.examples.monolith;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether each row's events stand on the topic in the order in which they were committed, where the
 * journal has that order.
 */
public final class EventOrder {
  private EventOrder() {}

  /** One line per row whose events stand otherwise. */
  public static List<String> differences(List<Journal.Entry> journal, List<Topic.Event> topic) {
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
        (row, changes) -> {
          List<String> events = published.getOrDefault(row, List.of());
          if (!changes.equals(events)) {
            differences.add(row + ": committed " + changes + ", published " + events);
          }
        });
    return differences;
  }

  private static void note(Map<String, List<String>> byRow, String change) {
    String[] parts = change.split("\t", -1);
    byRow.computeIfAbsent(parts[1] + "/" + parts[2], row -> new ArrayList<>()).add(change);
  }
}
