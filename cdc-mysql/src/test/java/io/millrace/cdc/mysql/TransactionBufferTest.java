package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class TransactionBufferTest {
  private static final TableMap TABLE = TableMap.other("shop", "orders");
  private static final int ARRAY = 100_000;
  private static final int EVENT = 200;

  @Test
  void small_events_that_keep_large_arrays_count_as_much_as_they_keep() {
    try (TransactionBuffer buffer = new TransactionBuffer(1_000_000)) {
      fill(buffer, 10);
      assertThat(buffer.hasSpilled()).isFalse();
      fill(buffer, 1);
      assertThat(buffer.hasSpilled()).isTrue();
      fill(buffer, 3);
      assertThat(drain(buffer)).isEqualTo(14);
    }
  }

  @Test
  void events_of_one_array_count_it_once() {
    try (TransactionBuffer buffer = new TransactionBuffer(1_000_000)) {
      byte[] array = new byte[ARRAY];
      for (int i = 0; i < ARRAY / EVENT; i++) {
        buffer.add(new RawEvent(array, i * EVENT, (i + 1) * EVENT, EVENT), TABLE, i, i);
      }
      assertThat(buffer.hasSpilled()).isFalse();
    }
  }

  @Test
  void what_waits_for_long_keeps_no_array_that_others_lay_in() {
    try (TransactionBuffer buffer = new TransactionBuffer(10_000_000)) {
      fill(buffer, 20);
      buffer.rest();
      assertThat(buffer.hasSpilled()).isFalse();
      for (int i = 0; i < 20; i++) {
        TransactionBuffer.Entry entry = Objects.requireNonNull(buffer.next());
        assertThat(entry.event().bytes()).hasSize(EVENT);
        assertThat(entry.event().length()).isEqualTo(EVENT + 4);
        check(entry);
      }
    }
  }

  @Test
  void what_waits_for_long_and_is_large_goes_to_the_file() {
    try (TransactionBuffer buffer = new TransactionBuffer(1_000_000_000)) {
      fill(buffer, 400);
      buffer.rest();
      assertThat(buffer.hasSpilled()).isTrue();
      assertThat(drain(buffer)).isEqualTo(400);
    }
  }

  private static void fill(TransactionBuffer buffer, int count) {
    for (int i = 0; i < count; i++) {
      byte[] array = new byte[ARRAY];
      int start = 1 + i * 7;
      Arrays.fill(array, start, start + EVENT, (byte) i);
      buffer.add(new RawEvent(array, start, start + EVENT, EVENT + 4), TABLE, i, 2L * i);
    }
  }

  private static int drain(TransactionBuffer buffer) {
    int count = 0;
    for (TransactionBuffer.Entry entry = buffer.next(); entry != null; entry = buffer.next()) {
      check(entry);
      count++;
    }
    return count;
  }

  private static void check(TransactionBuffer.Entry entry) {
    RawEvent event = entry.event();
    byte[] expected = new byte[EVENT];
    Arrays.fill(expected, (byte) entry.offset());
    assertThat(Arrays.copyOfRange(event.bytes(), event.start(), event.end())).isEqualTo(expected);
    assertThat(entry.rowBytes()).isEqualTo(2 * entry.offset());
    assertThat(entry.table()).isSameAs(TABLE);
  }
}
