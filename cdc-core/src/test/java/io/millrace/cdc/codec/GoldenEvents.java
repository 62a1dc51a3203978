package io.millrace.cdc.codec;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One event of each type whose bytes stand in {@code golden/event-1}; together they use every
 * field.
 */
final class GoldenEvents {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.000006Z");
  private static final byte[] COORDINATE = {0, 0, 0, 0, 0, 0, 1, 44, 1};
  private static final Row KEY = Row.of("id", Value.of(42));

  private GoldenEvents() {}

  static ChangeEvent event(ChangeType type) {
    return switch (type) {
      case UNKNOWN -> throw new IllegalArgumentException("there is no event of type UNKNOWN");
      case CREATED ->
          base(type).newValue(everyKind()).changedFields(everyKind().names().asList()).build();
      case UPDATED -> updated();
      case DELETED ->
          base(type)
              .oldValue(order("OPEN", Value.NULL))
              .previousKey(Row.of("id", Value.of(43)))
              .build();
      case SNAPSHOT ->
          base(type).newValue(Row.builder().put("id", Value.of(42)).partial(true).build()).build();
      case TRUNCATED -> base(type).key(Row.empty()).build();
      case MESSAGE ->
          base(type)
              .key(Row.of("order", Value.of("a,b")))
              .newValue(Row.of("event", Value.of("shipped")))
              .routingKey("shipping")
              .headers(Map.of("b", "2", "a", "1", "traceparent", ""))
              .build();
    };
  }

  private static ChangeEvent.Builder base(ChangeType type) {
    return ChangeEvent.builder()
        .type(type)
        .entity("order")
        .source("billing")
        .changedAt(TIME)
        .key(KEY)
        .log("billing-0a1b2c3d")
        .version(Version.of(1_767_323_045L, COORDINATE))
        .transactionId("7041")
        .schema("5f0c1a2b");
  }

  private static ChangeEvent updated() {
    return base(ChangeType.UPDATED)
        .oldValue(order("OPEN", Value.NULL))
        .newValue(order("PAID", Value.of("")))
        .changedFields(List.of("status", "note"))
        .hops(2)
        .build();
  }

  private static Row order(String status, Value note) {
    return Row.of(
        FieldNames.of("id", "status", "note"), List.of(Value.of(42), Value.of(status), note));
  }

  private static Row everyKind() {
    return Row.builder()
        .put("null", Value.NULL)
        .put("bool", Value.of(true))
        .put("int64", Value.of(-1))
        .put("uint64", new Value.UInt64Value(-1))
        .put("double", new Value.DoubleValue(-0.0))
        .put("float", new Value.FloatValue(Float.NaN))
        .put("decimal", new Value.DecimalValue("-10.50"))
        .put("string", Value.of("Zoë 💩"))
        .put("bytes", Value.of(new byte[] {0, -1}))
        .put("date", new Value.DateValue(-1))
        .put("time", new Value.TimeValue(-3_020_399_000_000L))
        .put("datetime", Value.DateTimeValue.of(LocalDateTime.parse("1969-12-31T23:59:59.5")))
        .put("timestamp", Value.TimestampValue.of(TIME))
        .put("uuid", Value.of(UUID.fromString("123e4567-e89b-12d3-a456-426614174000")))
        .put("json", new Value.JsonValue("{\"a\": 1}"))
        .put(
            "list",
            new Value.ListValue(List.of(Value.of(1), Value.NULL, new Value.ListValue(List.of()))))
        .put("document", new Value.DocumentValue(Row.of("a", Value.of("b"))))
        .put("raw", new Value.RawValue("mysql:date", "0000-00-00"))
        .build();
  }
}
