package io.millrace.cdc.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.EventException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CanonicalIdTest {
  private static String id(Value... values) {
    Row.Builder key = Row.builder();
    for (Value value : values) {
      key.put("k" + key.build().size(), value);
    }
    return CanonicalId.of(key.build());
  }

  private static Value decimal(String text) {
    return new Value.DecimalValue(text);
  }

  @Test
  void a_whole_number_is_its_digits_whatever_its_type() {
    assertThat(
            List.of(
                id(Value.of(42)),
                id(new Value.UInt64Value(42)),
                id(decimal("42")),
                id(decimal("42.00")),
                id(new Value.DoubleValue(42)),
                id(new Value.FloatValue(42))))
        .containsOnly("42");
    assertThat(id(Value.of(Long.MIN_VALUE))).isEqualTo("-9223372036854775808");
    assertThat(id(new Value.UInt64Value(-1))).isEqualTo("18446744073709551615");
    assertThat(id(decimal("18446744073709551615"))).isEqualTo("18446744073709551615");
    assertThat(id(Value.of(true), Value.of(false))).isEqualTo("1,0");
  }

  @Test
  void a_decimal_loses_what_does_not_count() {
    assertThat(id(decimal("10.50"))).isEqualTo("10.5");
    assertThat(id(decimal("-10.500"))).isEqualTo("-10.5");
    assertThat(id(decimal("100"))).isEqualTo("100");
    assertThat(id(decimal("0.000"))).isEqualTo("0");
    assertThat(id(decimal("-0.0"))).isEqualTo("0");
    assertThat(id(decimal("007.10"))).isEqualTo("7.1");
    assertThat(id(decimal("0.00000000000000000001"))).isEqualTo("0.00000000000000000001");
    assertThat(id(decimal("NaN"), decimal("-Infinity"))).isEqualTo("NaN,-Infinity");
  }

  @Test
  void a_floating_point_number_has_the_digits_that_give_it_back() {
    assertThat(id(new Value.DoubleValue(0.1))).isEqualTo("0.1").isEqualTo(id(decimal("0.10")));
    assertThat(id(new Value.FloatValue(0.1f))).isEqualTo("0.1");
    assertThat(id(new Value.DoubleValue(0.1f))).isEqualTo("0.10000000149011612");
    assertThat(id(new Value.DoubleValue(-0.0))).isEqualTo("0");
    assertThat(id(new Value.FloatValue(-0.0f))).isEqualTo("0");
    assertThat(id(new Value.DoubleValue(1e22))).isEqualTo("10000000000000000000000");
    // Java 17 prints 2.0E-3 and 2.2E-322 with more digits than Java 19 does.
    assertThat(id(new Value.DoubleValue(2.0e-3))).isEqualTo("0.002");
    assertThat(id(new Value.DoubleValue(Double.MIN_VALUE))).endsWith("0005").hasSize(326);
    assertThat(id(new Value.DoubleValue(1.0 / 0))).isEqualTo("Infinity");
    assertThat(id(new Value.FloatValue(Float.NaN))).isEqualTo("NaN");
  }

  @Property
  void a_floating_point_number_can_be_read_back(@ForAll double number, @ForAll float shorter) {
    assertThat(Double.parseDouble(id(new Value.DoubleValue(number)))).isEqualTo(number + 0.0);
    assertThat(Float.parseFloat(id(new Value.FloatValue(shorter)))).isEqualTo(shorter + 0.0f);
  }

  @Test
  void text_is_escaped() {
    assertThat(id(Value.of("Zoë 💩"))).isEqualTo("Zoë 💩");
    assertThat(id(Value.of("a,b"), Value.of("c\\"))).isEqualTo("a\\,b,c\\\\");
    assertThat(id(Value.of("a\tb\0c\u007f"))).isEqualTo("a\\u0009b\\u0000c\\u007f");
    assertThat(id(Value.of(""), Value.NULL, Value.of("\\e"), Value.of("\\n")))
        .isEqualTo("\\e,\\n,\\\\e,\\\\n");
    assertThat(id(new Value.RawValue("mysql:date", "0000-00-00"))).isEqualTo("0000-00-00");
  }

  @Test
  void binary_and_uuids_are_hexadecimal() {
    assertThat(id(Value.of(new byte[] {0, (byte) 0xab}))).isEqualTo("00ab");
    assertThat(id(Value.of(new byte[0]))).isEqualTo("\\e");
    assertThat(id(Value.of(UUID.fromString("123E4567-E89B-12D3-A456-426614174000"))))
        .isEqualTo("123e4567-e89b-12d3-a456-426614174000");
  }

  @Test
  void dates_and_times_are_iso_8601() {
    assertThat(id(new Value.DateValue(LocalDate.of(2026, 1, 2).toEpochDay())))
        .isEqualTo("2026-01-02");
    assertThat(id(new Value.DateValue(LocalDate.of(-43, 3, 15).toEpochDay())))
        .isEqualTo("-0043-03-15");
    assertThat(id(new Value.TimeValue(0))).isEqualTo("00:00:00");
    assertThat(id(new Value.TimeValue(-3_020_399_000_001L))).isEqualTo("-838:59:59.000001");
    assertThat(id(Value.DateTimeValue.of(LocalDateTime.parse("2026-01-02T03:04:00"))))
        .isEqualTo("2026-01-02T03:04:00");
    assertThat(id(Value.TimestampValue.of(Instant.parse("2026-01-02T03:04:05.120Z"))))
        .isEqualTo("2026-01-02T03:04:05.12Z");
  }

  @ParameterizedTest
  @EnumSource(names = "JSON")
  void what_has_no_canonical_text_is_refused(Value.Kind kind) {
    Value value = EventArbitraries.values(kind, 1).sample();
    assertThatThrownBy(() -> id(Value.of(1), value))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("Key field 'k1' is " + kind);
  }

  @Test
  void a_list_and_a_document_say_what_is_in_them_and_nothing_else_looks_like_it() {
    Value one = new Value.DocumentValue(Row.of("a", Value.of(1)));
    assertThat(id(one)).isEqualTo("{a:1}");
    assertThat(id(new Value.DocumentValue(Row.of("a", new Value.DoubleValue(1)))))
        .isEqualTo("{a:1}");
    assertThat(id(new Value.DocumentValue(Row.empty()), Value.of(2))).isEqualTo("{},2");
    Value nested =
        new Value.DocumentValue(
            Row.of(
                "b:,{c",
                new Value.ListValue(
                    List.of(one, Value.of("x]y,z"), Value.of(""), Value.NULL, decimal("1.50")))));
    assertThat(id(nested)).isEqualTo("{b\\:\\,\\{c:[{a:1},x\\]y\\,z,\\e,\\n,1.5]}");
    assertThat(id(new Value.DocumentValue(Row.of("", Value.of(true))))).isEqualTo("{\\e:1}");
    assertThat(id(new Value.ListValue(List.of()))).isEqualTo("[]");
    assertThat(id(Value.of("{a:1}"))).isEqualTo("{a:1}"); // of another type: one entity has one
    assertThat(id(new Value.ListValue(List.of(Value.of("{a:1}"))))).isEqualTo("[\\{a\\:1\\}]");
  }

  @Test
  void an_empty_key_has_the_empty_id() {
    assertThat(CanonicalId.of(Row.empty())).isEmpty();
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void ids_are_equal_exactly_when_the_keys_are(@ForAll("keyPairs") List<Row> pair) {
    boolean equal = comparable(pair.get(0)).equals(comparable(pair.get(1)));
    Statistics.label("keys").collect(equal ? "equal" : "different");
    assertThat(CanonicalId.of(pair.get(0)).equals(CanonicalId.of(pair.get(1)))).isEqualTo(equal);
  }

  @Provide
  Arbitrary<List<Row>> keyPairs() {
    return EventArbitraries.keyPairs();
  }

  /** What a database compares: 1.0 equals 1.00 and -0.0 equals 0.0. */
  private static List<Object> comparable(Row key) {
    return key.names().asList().stream().map(name -> comparable(key.get(name))).toList();
  }

  private static Object comparable(Value value) {
    if (value instanceof Value.DecimalValue decimal && !decimal.text().matches("NaN|-?Infinity")) {
      BigDecimal number = decimal.toBigDecimal();
      return number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
    }
    if (value instanceof Value.DoubleValue number) {
      return number.value() + 0.0;
    }
    if (value instanceof Value.FloatValue number) {
      return number.value() + 0.0f;
    }
    // What the type says is the column's, so it is the same on both sides.
    return value instanceof Value.RawValue raw ? raw.text() : value;
  }
}
