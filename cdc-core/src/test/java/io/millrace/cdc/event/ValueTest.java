package io.millrace.cdc.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import org.junit.jupiter.api.Test;

final class ValueTest {
  @Test
  void floating_point_numbers_are_equal_when_their_content_is() {
    assertThat(new Value.DoubleValue(Double.NaN)).isEqualTo(new Value.DoubleValue(0.0 / 0.0));
    assertThat(new Value.DoubleValue(0.0)).isNotEqualTo(new Value.DoubleValue(-0.0));
    assertThat(new Value.FloatValue(Float.NaN)).isEqualTo(new Value.FloatValue(0.0f / 0.0f));
    assertThat(new Value.FloatValue(0.0f)).isNotEqualTo(new Value.FloatValue(-0.0f));
  }

  @Test
  void kinds_are_part_of_equality() {
    assertThat(Value.of(1)).isNotEqualTo(new Value.UInt64Value(1));
    assertThat(Value.of("1")).isNotEqualTo(new Value.JsonValue("1"));
    assertThat(new Value.DecimalValue("1.0")).isNotEqualTo(new Value.DecimalValue("1.00"));
    assertThat(Value.of(new byte[] {1})).isEqualTo(Value.of(new byte[] {1}));
    assertThat(Value.NULL.isNull()).isTrue();
    assertThat(Value.of("").isNull()).isFalse();
  }

  @Test
  void a_decimal_is_a_plain_number() {
    for (String text : List.of("0", "-0.00", "12.50", "NaN", "Infinity", "-Infinity")) {
      assertThat(new Value.DecimalValue(text).text()).isEqualTo(text);
    }
    for (String text : List.of("", "-", "1e5", ".5", "5.", "+1", "--1", "1.2.3", "-NaN", "٣")) {
      assertThatThrownBy(() -> new Value.DecimalValue(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + text + "'");
    }
  }

  @Property
  void a_decimal_keeps_number_and_scale(
      @ForAll @BigRange(min = "-1e40", max = "1e40") BigDecimal n) {
    assertThat(Value.DecimalValue.of(n).toBigDecimal()).isEqualTo(n);
  }

  @Test
  void a_decimal_of_negative_scale_is_written_out() {
    assertThat(Value.DecimalValue.of(new BigDecimal("1E+3")).text()).isEqualTo("1000");
  }

  @Test
  void dates_and_times_convert_there_and_back() {
    LocalDateTime dateTime = LocalDateTime.parse("-0043-03-15T23:59:59.999999999");
    assertThat(Value.DateTimeValue.of(dateTime).toLocalDateTime()).isEqualTo(dateTime);
    Instant instant = Instant.parse("1969-12-31T23:59:59.999999Z");
    assertThat(Value.TimestampValue.of(instant).toInstant()).isEqualTo(instant);
    assertThat(new Value.DateValue(-1).toLocalDate()).isEqualTo(LocalDate.of(1969, 12, 31));
  }

  @Test
  void times_that_java_cannot_hold_are_refused() {
    assertThat(
            new Value.DateTimeValue(LocalDateTime.MAX.toEpochSecond(java.time.ZoneOffset.UTC), 0))
        .hasToString("+999999999-12-31T23:59:59");
    assertThatThrownBy(() -> new Value.DateTimeValue(Long.MAX_VALUE, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Value.TimestampValue(0, 1_000_000_000))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Value.TimestampValue(0, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Value.DateValue(Long.MIN_VALUE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_time_has_one_text() {
    assertThat(TemporalText.time(0)).isEqualTo("00:00:00");
    assertThat(TemporalText.time(86_400_000_000L)).isEqualTo("24:00:00");
    assertThat(TemporalText.time(-1)).isEqualTo("-00:00:00.000001");
    assertThat(TemporalText.time(3_661_100_000L)).isEqualTo("01:01:01.1");
    assertThat(TemporalText.time(Long.MIN_VALUE)).isEqualTo("-2562047788:00:54.775808");
    assertThat(TemporalText.time(Long.MAX_VALUE)).isEqualTo("2562047788:00:54.775807");
  }

  @Test
  void a_fraction_has_no_trailing_zeros() {
    assertThat(TemporalText.dateTime(0, 0)).isEqualTo("1970-01-01T00:00:00");
    assertThat(TemporalText.dateTime(0, 1)).isEqualTo("1970-01-01T00:00:00.000000001");
    assertThat(TemporalText.dateTime(0, 120_000_000)).isEqualTo("1970-01-01T00:00:00.12");
    assertThat(TemporalText.dateTime(-1, 999_999_999)).isEqualTo("1969-12-31T23:59:59.999999999");
    assertThat(TemporalText.dateTime(253402300800L, 0)).isEqualTo("+10000-01-01T00:00:00");
  }
}
