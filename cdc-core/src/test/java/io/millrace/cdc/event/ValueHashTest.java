package io.millrace.cdc.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.EventException;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class ValueHashTest {
  private static final long SECOND = 1767323045; // 2026-01-02T03:04:05

  private static Map<String, Value> values() {
    Map<String, Value> values = new LinkedHashMap<>();
    values.put("null", Value.NULL);
    values.put("bool false", Value.of(false));
    values.put("bool true", Value.of(true));
    values.put("int32 -1", new Value.Int32Value(-1));
    values.put("int64 0", Value.of(0));
    values.put("int64 -1", Value.of(-1));
    values.put("int64 max", Value.of(Long.MAX_VALUE));
    values.put("uint64 -1", new Value.UInt64Value(-1));
    values.put("double 0.1", new Value.DoubleValue(0.1));
    values.put("double 0.0", new Value.DoubleValue(0.0));
    values.put("double -0.0", new Value.DoubleValue(-0.0));
    values.put("double NaN", new Value.DoubleValue(Double.longBitsToDouble(0xfff8000000000001L)));
    values.put("float 0.1", new Value.FloatValue(0.1f));
    values.put("float NaN", new Value.FloatValue(Float.intBitsToFloat(0xffc00001)));
    values.put("decimal 10.50", new Value.DecimalValue("10.50"));
    values.put("decimal 10.5", new Value.DecimalValue("10.5"));
    values.put("string empty", Value.of(""));
    values.put("string 10.50", Value.of("10.50"));
    values.put("string Zoë 💩", Value.of("Zoë 💩"));
    values.put("bytes empty", Value.of(new byte[0]));
    values.put("bytes 00ff", Value.of(new byte[] {0, -1}));
    values.put("date 2026-01-02", new Value.DateValue(20455));
    values.put("time -838:59:59", new Value.TimeValue(-3020399000000L));
    values.put("datetime", new Value.DateTimeValue(SECOND, 6000));
    values.put("timestamp", new Value.TimestampValue(SECOND, 6000));
    values.put("uuid", Value.of(UUID.fromString("123e4567-e89b-12d3-a456-426614174000")));
    values.put("json", new Value.JsonValue("{\"a\": 1}"));
    values.put("list of null, a", new Value.ListValue(List.of(Value.NULL, Value.of("a"))));
    values.put(
        "document",
        new Value.DocumentValue(
            Row.builder().put("a", Value.of(1)).put("b", new Value.ListValue(List.of())).build()));
    values.put("document partial", new Value.DocumentValue(Row.builder().partial(true).build()));
    values.put("raw", new Value.RawValue("mysql:date", "0000-00-00"));
    return values;
  }

  @Test
  void stored_hashes_never_change() throws IOException {
    StringBuilder lines = new StringBuilder();
    values()
        .forEach(
            (name, value) ->
                lines
                    .append(HexFormat.of().toHexDigits(ValueHash.of(value)))
                    .append(' ')
                    .append(name)
                    .append('\n'));
    try (InputStream golden = getClass().getResourceAsStream("/golden/value-hash-1.txt")) {
      assertThat(new String(golden.readAllBytes(), UTF_8))
          .as("made by another program, from the Javadoc of ValueHash")
          .endsWith(lines);
    }
  }

  @Test
  void every_kind_has_a_golden_hash() {
    EnumSet<Value.Kind> missing = EnumSet.allOf(Value.Kind.class);
    values().values().forEach(value -> missing.remove(value.kind()));
    assertThat(missing).isEmpty();
  }

  @Test
  void different_values_of_the_same_text_differ() {
    Map<String, Value> values = values();
    Value narrow = values.remove("int32 -1");
    assertThat(ValueHash.of(narrow))
        .as("its width is no part of a number")
        .isEqualTo(ValueHash.of(values.get("int64 -1")));
    assertThat(values.values().stream().map(ValueHash::of)).doesNotHaveDuplicates();
    assertThat(ValueHash.of(list("ab"))).isNotEqualTo(ValueHash.of(list("a", "b")));
    assertThat(ValueHash.of(list("", "a"))).isNotEqualTo(ValueHash.of(list("a", "")));
    assertThat(ValueHash.of(new Value.RawValue("a", "bc")))
        .isNotEqualTo(ValueHash.of(new Value.RawValue("ab", "c")));
  }

  @Test
  void text_without_utf_8_has_no_hash() {
    assertThatThrownBy(() -> ValueHash.of(Value.of("a\ud83d")))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("surrogate");
  }

  private static Value list(String... texts) {
    return new Value.ListValue(List.of(texts).stream().map(Value::of).toList());
  }
}
