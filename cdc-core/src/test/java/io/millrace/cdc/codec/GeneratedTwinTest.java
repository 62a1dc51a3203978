package io.millrace.cdc.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.EventArbitraries;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The codec writes and reads bytes itself; the contract is what the generated messages write and
 * read. Both must say the same, of every byte.
 */
final class GeneratedTwinTest {
  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void an_event_has_the_bytes_that_the_generated_messages_give_it(
      @ForAll("events") ChangeEvent event) {
    hasTheSameBytes(event);
    assertThat(ProtobufCodec.decodeAny(ProtobufWriter.event(event))).isEqualTo(event);
  }

  @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
  void damaged_bytes_are_read_as_the_generated_messages_read_them(
      @ForAll("events") ChangeEvent event, @ForAll Random random) {
    byte[] bytes = ProtobufWriter.event(event);
    for (int i = 0; i < 20; i++) {
      compare(damaged(bytes, random));
    }
  }

  @ParameterizedTest
  @EnumSource
  void every_kind_of_value_has_the_bytes_that_the_generated_messages_give_it(Value.Kind kind) {
    EventArbitraries.values(kind, 3)
        .sampleStream()
        .limit(200)
        .forEach(value -> hasTheSameBytes(event(value)));
  }

  @ParameterizedTest
  @EnumSource(names = "UNKNOWN", mode = EnumSource.Mode.EXCLUDE)
  void golden_events_have_the_bytes_that_the_generated_messages_give_them(ChangeType type) {
    ChangeEvent event = GoldenEvents.event(type);
    hasTheSameBytes(event);
    byte[] bytes = ProtobufWriter.event(event);
    assertThat(UsualEvent.read(bytes)).isEqualTo(event);
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      compare(damaged);
    }
  }

  @Test
  void large_values_are_measured_first_and_have_the_same_bytes() {
    String mixed = "plain, \u00fcml\u00e4ut, \u20ac and \ud83d\ude00; ".repeat(60_000);
    byte[] bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);
    for (Value large :
        List.of(
            Value.of(mixed),
            Value.of("x".repeat(1_100_000)),
            new Value.JsonValue(mixed),
            Value.of(bytes),
            new Value.ListValue(List.of(Value.of(1), Value.of(mixed), Value.of(bytes))))) {
      hasTheSameBytes(event(large));
      byte[] written = ProtobufWriter.event(event(large));
      assertThat(ProtobufCodec.decodeAny(written)).isEqualTo(event(large));
    }
    // Large by their number, and just below and above where it begins.
    hasTheSameBytes(
        event(new Value.ListValue(Collections.nCopies(400_000, Value.of("a \u00fc text")))));
    for (int length = (1 << 20) - 400; length < (1 << 20) + 10; length += 7) {
      hasTheSameBytes(event(Value.of("y".repeat(length))));
    }
    for (int length = (1 << 16) - 2; length < (1 << 16) + 2; length++) {
      hasTheSameBytes(event(Value.of("\u00e9".repeat(length))));
    }
    assertThatThrownBy(() -> ProtobufWriter.event(event(Value.of(mixed + "\ud83d"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("half a surrogate pair");
  }

  @Test
  void numbers_at_every_length_have_the_same_bytes() {
    for (int shift = 0; shift < Long.SIZE; shift++) {
      for (long number : List.of(1L << shift, (1L << shift) - 1, -(1L << shift))) {
        hasTheSameBytes(event(Value.of(number)));
        hasTheSameBytes(event(new Value.UInt64Value(number)));
        hasTheSameBytes(event(new Value.TimeValue(number)));
        hasTheSameBytes(event(new Value.Int32Value((int) number)));
      }
    }
  }

  @Test
  void texts_of_every_length_and_width_have_the_same_bytes() {
    for (int length = 0; length < 300; length++) {
      for (String last : List.of("", "a", "ü", "€", "💩", "\u0000", "\ufffd")) {
        String text = "x".repeat(length) + last;
        hasTheSameBytes(event(Value.of(text)));
        hasTheSameBytes(event(Value.of(last + "x".repeat(length))));
        hasTheSameBytes(event(Value.of("é".repeat(length) + last)));
      }
    }
    hasTheSameBytes(event(Value.of("a long one ".repeat(50_000))));
    hasTheSameBytes(event(Value.of(new byte[100_000])));
  }

  @Test
  void names_of_other_tables_do_not_mix() {
    // More lists of names than are remembered, each met several times, in different orders.
    List<ChangeEvent> events = new ArrayList<>();
    for (int table = 0; table < 1500; table++) {
      Row row = Row.builder().put("id", Value.of(1)).put("c" + table, Value.of(table)).build();
      events.add(event(Value.NULL).toBuilder().newValue(row).oldValue(row).build());
    }
    Random random = new Random(7);
    for (int i = 0; i < 6000; i++) {
      ChangeEvent event = events.get(random.nextInt(events.size()));
      assertThat(UsualEvent.read(ProtobufWriter.event(event))).isEqualTo(event);
    }
  }

  @Test
  void a_service_whose_name_is_not_ascii_is_read_the_usual_way() {
    ChangeEvent event = event(Value.of(1)).toBuilder().log("für-00000001").build();
    assertThat(UsualEvent.read(ProtobufWriter.event(event))).isEqualTo(event);
  }

  @Provide
  Arbitrary<ChangeEvent> events() {
    return EventArbitraries.events();
  }

  private static ChangeEvent event(Value value) {
    return ChangeEvent.builder()
        .type(ChangeType.UPDATED)
        .entity("e")
        .source("s")
        .log("l")
        .version(Version.of(1, new byte[] {0, -1, 16}))
        .newValue(Row.builder().put("c", value).put("n", Value.NULL).build())
        .build();
  }

  private static void hasTheSameBytes(ChangeEvent event) {
    byte[] bytes = ProtobufWriter.event(event);
    assertThat(bytes).isEqualTo(generated(MessageWriter.event(event)));
    ChangeEvent usual = UsualEvent.read(bytes);
    assertThat(usual == null ? ProtobufCodec.decodeAny(bytes) : usual).isEqualTo(event);
    Row row = event.newValue();
    if (row != null) {
      assertThat(ProtobufWriter.row(row)).isEqualTo(generated(MessageWriter.row(row)));
    }
  }

  /** What is read straight from the bytes is what the generated messages read, or nothing. */
  private static void compare(byte[] bytes) {
    ChangeEvent usual = UsualEvent.read(bytes);
    if (usual == null) {
      return;
    }
    try {
      assertThat(usual).isEqualTo(ProtobufCodec.decodeAny(bytes));
    } catch (EventException e) {
      throw new AssertionError("read, though the generated messages refuse it: " + usual, e);
    }
  }

  /** Bits turned, bytes cut out, doubled, or put in from elsewhere. */
  private static byte[] damaged(byte[] bytes, Random random) {
    int from = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, from + 1 + random.nextInt(12));
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] turned = bytes.clone();
        turned[from] ^= (byte) (1 << random.nextInt(8));
        yield turned;
      }
      case 1 -> joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
      case 2 -> joined(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, from, bytes.length));
      case 3 -> Arrays.copyOf(bytes, from);
      default -> {
        byte[] other = bytes.clone();
        other[from] = (byte) random.nextInt();
        yield other;
      }
    };
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static byte[] generated(Message message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    out.checkNoSpaceLeft();
    return bytes;
  }
}
