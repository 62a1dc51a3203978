package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** Writers that meet at row 1 of {@code item}, and commit at random. */
final class RowMeeting {
  private final OutboxHarness harness;
  private final int rounds;

  /** Drawn under the row's lock: tells in which order they committed. */
  private final AtomicLong numbers = new AtomicLong();

  private final List<Long> written = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> appended = Collections.synchronizedList(new ArrayList<>());

  RowMeeting(OutboxHarness harness, int rounds) {
    this.harness = harness;
    this.rounds = rounds;
  }

  /** Writes that row again and again, and appends after it where told to. */
  void meet(boolean appends, Random random) throws Exception {
    try (OutboxWriter writer = harness.writer()) {
      for (int round = 0; round < rounds; round++) {
        writer.begin();
        try {
          writer.increment("item", 1, "amount");
          long number = numbers.incrementAndGet();
          writer.set("item", 1, Map.of("note", Long.toString(number)));
          if (appends) {
            writer.append(OutboxContract.message("item", 1, number));
          }
          if (random.nextInt(4) == 0) {
            Thread.sleep(random.nextInt(3));
          }
          if (random.nextInt(3) == 0) {
            writer.rollback();
            continue;
          }
          writer.commit();
          written.add(number);
          if (appends) {
            appended.add(number);
          }
        } catch (RuntimeException e) {
          if (!harness.conflicts()) {
            throw e;
          }
          writer.rollback();
        }
      }
    }
  }

  /** Whether everything that was committed came, each event right after its row's change. */
  void check(List<ChangeEvent> taken) {
    assertTrue(appended.size() > rounds / 10, () -> "only " + appended.size() + " committed");
    List<Long> messages = new ArrayList<>();
    List<Long> notes = new ArrayList<>();
    for (ChangeEvent event : taken) {
      Row row = Check.notNull(event.newValue(), "state");
      if (event.type() == ChangeType.MESSAGE) {
        long number = ((Value.Int64Value) Check.notNull(row.get("number"), "number")).value();
        messages.add(number);
        if (harness.knowsExactState()) {
          assertEquals(
              number, notes.get(notes.size() - 1), "an event stands right after its row's change");
        }
      } else if (event.changedFields().contains("note")) {
        notes.add(
            Long.parseLong(((Value.StringValue) Check.notNull(row.get("note"), "note")).value()));
      }
    }
    assertEquals(sorted(appended), messages);
    if (harness.knowsExactState()) {
      assertEquals(sorted(written), notes.subList(1, notes.size()));
    }
  }

  private static List<Long> sorted(List<Long> numbers) {
    return numbers.stream().sorted().toList();
  }
}
