package io.millrace.cdc.codecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.data.Envelope;
import io.debezium.serde.DebeziumSerdes;
import io.debezium.transforms.ExtractNewRecordState;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;

/** Read by Kafka Connect's converter and Debezium's own SMT and deserialiser. */
final class DebeziumJsonCodecTest {
  private static final Row FULL =
      Row.builder()
          .put("id", Value.of(7))
          .put("total", new Value.DecimalValue("10.50"))
          .put("note", Value.NULL)
          .put("small", new Value.Int32Value(3))
          .put("huge", new Value.UInt64Value(-1))
          .put("ratio", new Value.DoubleValue(0.5))
          .put("share", new Value.FloatValue(0.25f))
          .put("ok", Value.of(true))
          .put("photo", Value.of(new byte[] {0, -1}))
          .put("day", new Value.DateValue(LocalDate.of(2026, 1, 2).toEpochDay()))
          .put("span", new Value.TimeValue(-1))
          .put("local", Value.DateTimeValue.of(LocalDateTime.parse("2026-01-02T03:04:05.000006")))
          .put("at", Value.TimestampValue.of(Instant.parse("2026-01-02T03:04:05.5Z")))
          .put("uid", Value.of(new UUID(1, 2)))
          .put("doc", new Value.JsonValue("{\"a\": 1}"))
          .put("tags", new Value.ListValue(List.of(Value.of("a"), Value.NULL, Value.of("b"))))
          .put("none", new Value.ListValue(List.of()))
          .put("address", new Value.DocumentValue(Row.of("city", Value.of("Oslo"))))
          .put("odd", new Value.RawValue("postgres:tsvector", "'a'"))
          .build();

  @Test
  void debeziums_unwrapping_smt_reads_every_kind_of_value() {
    SinkRecord record = record(TestEvents.updated(FULL));
    assertThat(Envelope.operationFor(asSource(record))).isEqualTo(Envelope.Operation.UPDATE);
    Struct after = (Struct) unwrap(record).value();
    assertThat(after.getInt64("id")).isEqualTo(7);
    assertThat(after.getString("total")).isEqualTo("10.50");
    assertThat(after.get("note")).isNull();
    assertThat(after.getInt32("small")).isEqualTo(3);
    assertThat(after.getString("huge")).isEqualTo("18446744073709551615");
    assertThat(after.getFloat64("ratio")).isEqualTo(0.5);
    assertThat(after.getFloat32("share")).isEqualTo(0.25f);
    assertThat(after.getBoolean("ok")).isTrue();
    assertThat(after.getBytes("photo")).isEqualTo(new byte[] {0, -1});
    assertThat(after.getInt32("day")).isEqualTo((int) LocalDate.of(2026, 1, 2).toEpochDay());
    assertThat(after.schema().field("day").schema().name())
        .isEqualTo(io.debezium.time.Date.SCHEMA_NAME);
    assertThat(after.getInt64("span")).isEqualTo(-1);
    assertThat(after.schema().field("span").schema().name())
        .isEqualTo(io.debezium.time.MicroTime.SCHEMA_NAME);
    assertThat(after.getInt64("local")).isEqualTo(1767323045000006L);
    assertThat(after.schema().field("local").schema().name())
        .isEqualTo(io.debezium.time.MicroTimestamp.SCHEMA_NAME);
    assertThat(after.getString("at")).isEqualTo("2026-01-02T03:04:05.5Z");
    assertThat(after.schema().field("at").schema().name())
        .isEqualTo(io.debezium.time.ZonedTimestamp.SCHEMA_NAME);
    assertThat(after.schema().field("uid").schema().name())
        .isEqualTo(io.debezium.data.Uuid.LOGICAL_NAME);
    assertThat(after.schema().field("doc").schema().name())
        .isEqualTo(io.debezium.data.Json.LOGICAL_NAME);
    assertThat(after.getArray("tags")).isEqualTo(Arrays.asList("a", null, "b"));
    assertThat(after.getArray("none")).isEmpty();
    assertThat(after.getStruct("address").getString("city")).isEqualTo("Oslo");
    assertThat(after.getString("odd")).isEqualTo("'a'");
    // Asked of the SMT as fields to add.
    assertThat(after.getString("__op")).isEqualTo("u");
    assertThat(after.getString("__table")).isEqualTo("order");
    assertThat(after.getString("__source_event_id")).isEqualTo(TestEvents.updated().eventId());
  }

  @Test
  void a_schema_fits_both_states_and_every_item() {
    Value.DocumentValue oslo = new Value.DocumentValue(Row.of("city", Value.of("Oslo")));
    Value.DocumentValue zip = new Value.DocumentValue(Row.of("zip", Value.of(150)));
    Row before =
        Row.builder()
            .put("tags", new Value.ListValue(List.of(Value.of(1))))
            .put("address", oslo)
            .put("note", Value.of(5))
            .build();
    Row after =
        Row.builder()
            .put("tags", new Value.ListValue(List.of()))
            .put("address", zip)
            .put("note", Value.NULL)
            .put("all", new Value.ListValue(List.of(oslo, Value.NULL, zip)))
            .put(
                "grid",
                new Value.ListValue(
                    List.of(
                        new Value.ListValue(List.of()), new Value.ListValue(List.of(Value.of(2))))))
            .build();
    SinkRecord record = record(TestEvents.updated(after).toBuilder().oldValue(before).build());
    Struct old = ((Struct) record.value()).getStruct("before");
    assertThat(old.getArray("tags")).containsExactly(1L);
    assertThat(old.getStruct("address").getString("city")).isEqualTo("Oslo");
    assertThat(old.getInt64("note")).isEqualTo(5);
    Struct now = (Struct) unwrap(record).value();
    assertThat(now.getStruct("address").getInt64("zip")).isEqualTo(150);
    assertThat(now.<Struct>getArray("all").get(2).getInt64("zip")).isEqualTo(150);
    assertThat(now.<List<Long>>getArray("grid").get(1)).containsExactly(2L);
  }

  @Test
  void a_delete_is_rewritten_by_the_smt_with_or_without_its_old_state() {
    ChangeEvent deleted =
        TestEvents.updated().toBuilder()
            .type(ChangeType.DELETED)
            .newValue(null)
            .oldValue(FULL)
            .changedFields(List.of())
            .build();
    Struct whole = (Struct) unwrap(record(deleted)).value();
    assertThat(whole.getString("__deleted")).isEqualTo("true");
    assertThat(whole.getString("total")).isEqualTo("10.50");
    Struct keyOnly = (Struct) unwrap(record(deleted.toBuilder().oldValue(null).build())).value();
    assertThat(keyOnly.getInt64("id")).isEqualTo(7);
    assertThat(keyOnly.getString("__deleted")).isEqualTo("true");
  }

  @Test
  void debeziums_deserialiser_reads_both_forms() {
    for (DebeziumJsonCodec codec :
        List.of(DebeziumJsonCodec.withSchemas(), DebeziumJsonCodec.withoutSchemas())) {
      byte[] body = codec.encode(TestEvents.updated()).body();
      for (String side : List.of("before", "after")) {
        try (Serde<Order> serde = DebeziumSerdes.payloadJson(Order.class)) {
          serde.configure(Map.of("from.field", side, "unknown.properties.ignored", true), false);
          Order order = serde.deserializer().deserialize("shop", body);
          assertThat(order.id).isEqualTo(7);
          assertThat(order.total).isEqualTo(side.equals("after") ? "10.50" : "9.00");
          assertThat(order.note).isNull();
        }
      }
    }
  }

  /** What a consumer's own class may look like. */
  public static final class Order {
    public long id;
    public String total;
    public String note;
    public String name;
  }

  @Test
  void the_operations_are_debeziums() {
    Map<ChangeType, Envelope.Operation> operations =
        Map.of(
            ChangeType.CREATED, Envelope.Operation.CREATE,
            ChangeType.UPDATED, Envelope.Operation.UPDATE,
            ChangeType.DELETED, Envelope.Operation.DELETE,
            ChangeType.SNAPSHOT, Envelope.Operation.READ,
            ChangeType.TRUNCATED, Envelope.Operation.TRUNCATE);
    operations.forEach(
        (type, operation) -> {
          ChangeEvent event = TestEvents.updated().toBuilder().type(type).build();
          assertThat(Envelope.operationFor(asSource(record(event)))).isEqualTo(operation);
        });
  }

  @Test
  void what_the_envelope_cannot_say_is_refused_by_name() {
    refused(TestEvents.updated().toBuilder().type(ChangeType.MESSAGE).build(), "MESSAGE");
    refused(TestEvents.updated(Row.of("d", new Value.DoubleValue(Double.NaN))), "NaN");
    refused(TestEvents.updated(Row.of("d", new Value.DateTimeValue(0, 1))), "nanoseconds");
    refused(
        TestEvents.updated(Row.of("l", new Value.ListValue(List.of(Value.of(1), Value.of("a"))))),
        "it is INT64 and STRING in one event");
    refused(
        TestEvents.updated(Row.of("id", Value.of("7"))).toBuilder()
            .oldValue(Row.of("id", Value.of(7)))
            .build(),
        "Write without schemas");
    assertThatThrownBy(
            () ->
                DebeziumJsonCodec.withSchemas()
                    .decode(DebeziumJsonCodec.withSchemas().encode(TestEvents.updated())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("to a topic of its own");
  }

  private static void refused(ChangeEvent event, String message) {
    assertThatThrownBy(() -> DebeziumJsonCodec.withSchemas().encode(event))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("order/7")
        .hasMessageContaining(message);
  }

  @Test
  void the_plain_form_is_the_payload_alone() {
    String plain =
        new String(
            DebeziumJsonCodec.withoutSchemas().encode(TestEvents.updated()).body(),
            StandardCharsets.UTF_8);
    String whole =
        new String(
            DebeziumJsonCodec.withSchemas().encode(TestEvents.updated()).body(),
            StandardCharsets.UTF_8);
    assertThat(plain)
        .startsWith("{\"before\":{\"id\":7,\"total\":\"9.00\",\"note\":null,\"name\":\"Zoë\"}");
    assertThat(whole).endsWith(",\"payload\":" + plain + "}");
  }

  private static SinkRecord record(ChangeEvent event) {
    try (JsonConverter converter = new JsonConverter()) {
      converter.configure(Map.of("schemas.enable", true), false);
      SchemaAndValue value =
          converter.toConnectData("shop", DebeziumJsonCodec.withSchemas().encode(event).body());
      return new SinkRecord("shop", 0, null, null, value.schema(), value.value(), 0);
    }
  }

  private static org.apache.kafka.connect.source.SourceRecord asSource(SinkRecord record) {
    return new org.apache.kafka.connect.source.SourceRecord(
        Map.of(), Map.of(), record.topic(), record.valueSchema(), record.value());
  }

  private static SinkRecord unwrap(SinkRecord record) {
    try (ExtractNewRecordState<SinkRecord> smt = new ExtractNewRecordState<>()) {
      smt.configure(
          Map.of(
              "delete.tombstone.handling.mode",
              "rewrite",
              "add.fields",
              "op,table,source.event_id"));
      return smt.apply(record);
    }
  }
}
