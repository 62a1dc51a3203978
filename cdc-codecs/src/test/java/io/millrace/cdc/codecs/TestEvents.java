package io.millrace.cdc.codecs;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Events as a shop would send them. */
final class TestEvents {
  private TestEvents() {}

  static ChangeEvent updated(Row newValue) {
    return ChangeEvent.builder()
        .type(ChangeType.UPDATED)
        .entity("order")
        .key(Row.of("id", Value.of(7)))
        .source("billing")
        .log("billing-0a1b2c3d")
        .version(Version.of(3, new byte[] {0, 9}))
        .changedAt(Instant.parse("2026-01-02T03:04:05.000006Z"))
        .newValue(newValue)
        .changedFields(List.of("total"))
        .transactionId("42")
        .headers(Map.of("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        .build();
  }

  static ChangeEvent updated() {
    return updated(order("10.50")).toBuilder().oldValue(order("9.00")).build();
  }

  static Row order(String total) {
    return Row.builder()
        .put("id", Value.of(7))
        .put("total", Value.of(new BigDecimal(total)))
        .put("note", Value.NULL)
        .put("name", Value.of("Zoë"))
        .build();
  }
}
