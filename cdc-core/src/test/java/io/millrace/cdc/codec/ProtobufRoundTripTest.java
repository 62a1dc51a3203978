package io.millrace.cdc.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.EventArbitraries;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ProtobufRoundTripTest {
  private static final ProtobufCodec CODEC = ProtobufCodec.instance();

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void every_event_comes_back(@ForAll("events") ChangeEvent event) {
    Encoded encoded = CODEC.encode(event);
    ChangeEvent decoded = CODEC.decode(encoded);
    assertThat(decoded).isEqualTo(event);
    assertThat(decoded.eventId()).isEqualTo(event.eventId());
    assertThat(CODEC.encode(decoded).body()).isEqualTo(encoded.body());
  }

  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void the_order_of_headers_leaves_no_trace(@ForAll("events") ChangeEvent event) {
    List<Map.Entry<String, String>> entries = new ArrayList<>(event.headers().entrySet());
    Collections.reverse(entries);
    Map<String, String> reversed = new LinkedHashMap<>();
    entries.forEach(entry -> reversed.put(entry.getKey(), entry.getValue()));
    assertThat(CODEC.encode(event.toBuilder().headers(reversed).build()).body())
        .isEqualTo(CODEC.encode(event).body());
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
        .forEach(
            value -> {
              Row row = Row.builder().put("c", value).put("n", Value.NULL).partial(true).build();
              ChangeEvent event = event(row);
              assertThat(CODEC.decode(CODEC.encode(event))).isEqualTo(event);
            });
  }

  @ParameterizedTest
  @EnumSource(
      names = {"UNKNOWN"},
      mode = EnumSource.Mode.EXCLUDE)
  void every_type_comes_back(ChangeType type) {
    ChangeEvent event = event(null).toBuilder().type(type).key(Row.empty()).id("").build();
    assertThat(CODEC.decode(CODEC.encode(event))).isEqualTo(event);
  }

  private static ChangeEvent event(Row newValue) {
    return ChangeEvent.builder()
        .type(ChangeType.UPDATED)
        .entity("e")
        .source("s")
        .log("l")
        .version(Version.of(Long.MAX_VALUE, new byte[0]))
        .newValue(newValue)
        .build();
  }
}
