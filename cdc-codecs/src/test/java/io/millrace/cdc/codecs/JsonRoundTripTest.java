package io.millrace.cdc.codecs;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.EventArbitraries;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonRoundTripTest {
  private static final JsonCodec CODEC = JsonCodec.instance();

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void every_event_comes_back(@ForAll("events") ChangeEvent event) {
    Encoded encoded = CODEC.encode(event);
    ChangeEvent decoded = CODEC.decode(encoded);
    assertThat(decoded).isEqualTo(event);
    assertThat(CODEC.encode(decoded).body()).isEqualTo(encoded.body());
  }

  @Provide
  Arbitrary<ChangeEvent> events() {
    return EventArbitraries.events();
  }

  @ParameterizedTest
  @EnumSource
  void every_kind_of_value_comes_back(Value.Kind kind) {
    EventArbitraries.values(kind, 3)
        .sampleStream()
        .limit(100)
        .forEach(JsonRoundTripTest::comesBack);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, Long.MAX_VALUE, -1, 0, 1, 999_999, -1_000_000})
  void extreme_times_come_back(long micros) {
    comesBack(new Value.TimeValue(micros));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        1L << 53,
        (1L << 53) - 1,
        -(1L << 53),
        1 - (1L << 53),
        Long.MIN_VALUE,
        Long.MAX_VALUE
      })
  void integers_around_the_limit_of_json_come_back(long number) {
    comesBack(Value.of(number));
    comesBack(new Value.UInt64Value(number));
  }

  private static void comesBack(Value value) {
    ChangeEvent event =
        TestEvents.updated(Row.builder().put("c", value).put("", Value.NULL).partial(true).build());
    assertThat(CODEC.decode(CODEC.encode(event))).isEqualTo(event);
  }
}
