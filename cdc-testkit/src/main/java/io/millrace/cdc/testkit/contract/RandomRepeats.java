package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Changes of a few items as a source logs them, and as a publisher that dies now and then sends
 * them: in order, and from time to time once more from an earlier place on.
 */
final class RandomRepeats {
  private static final int CHANGES = 150;
  private static final int KEYS = 12;
  private static final int FURTHEST = 25;

  private final Map<Long, String> expected = new TreeMap<>();
  private final List<ChangeEvent> sent = new ArrayList<>();

  RandomRepeats(Events items, Random random) {
    List<ChangeEvent> changes = new ArrayList<>();
    for (int i = 0; i < CHANGES; i++) {
      changes.add(change(items, random, i));
    }
    for (int next = 0; next < CHANGES; next++) {
      sent.add(changes.get(next));
      if (random.nextInt(CHANGES / 10) == 0) {
        int from = Math.max(0, next - random.nextInt(FURTHEST));
        sent.addAll(changes.subList(from, next + 1));
      }
    }
  }

  private ChangeEvent change(Events items, Random random, int number) {
    long id = 1L + random.nextInt(KEYS);
    if (number == CHANGES / 2) {
      expected.clear();
      return items.event(ChangeType.TRUNCATED, 0).key(Row.empty()).id("").build();
    }
    if (random.nextInt(5) == 0) {
      expected.remove(id);
      return items.deleted(id);
    }
    expected.put(id, "[%s, n%s, 1.00, n]".formatted(id, number));
    return items.updated(id, "name", "n" + number, "amount", 1, "note", "n");
  }

  /** What is sent, in order. */
  List<ChangeEvent> sent() {
    return sent;
  }

  /** How many of these come again. */
  int repeats() {
    return sent.size() - CHANGES;
  }

  /** The items that there are in the end. */
  String items() {
    return String.join("", expected.values());
  }
}
