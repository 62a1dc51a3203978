package io.millrace.cdc.codecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zendesk.maxwell.row.RowMap;
import com.zendesk.maxwell.row.RowMapDeserializer;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Read by Maxwell's own row reader. */
final class MaxwellJsonCodecTest {
  private static final MaxwellJsonCodec CODEC = MaxwellJsonCodec.instance();

  private static String json(ChangeEvent event) {
    return new String(CODEC.encode(event).body(), StandardCharsets.UTF_8);
  }

  @Test
  void maxwells_own_reader_takes_an_update() throws IOException {
    ChangeEvent event = TestEvents.updated();
    RowMap row = RowMapDeserializer.createFromString(json(event));
    assertThat(row.getDatabase()).isEqualTo("billing");
    assertThat(row.getTable()).isEqualTo("order");
    assertThat(row.getRowType()).isEqualTo("update");
    assertThat(row.getTimestamp()).isEqualTo(event.changedAt().getEpochSecond());
    assertThat(row.getXid()).isEqualTo(42);
    assertThat(row.getData("name")).isEqualTo("Zoë");
    assertThat(row.getData("note")).isNull();
    assertThat(row.getData().get("total")).hasToString("10.5");
    assertThat(row.getOldData()).containsOnlyKeys("total");
  }

  @Test
  void maxwells_own_reader_takes_every_operation() throws IOException {
    Map<ChangeType, String> types =
        Map.of(
            ChangeType.CREATED, "insert",
            ChangeType.UPDATED, "update",
            ChangeType.DELETED, "delete",
            ChangeType.SNAPSHOT, "bootstrap-insert");
    for (Map.Entry<ChangeType, String> type : types.entrySet()) {
      ChangeEvent event = TestEvents.updated().toBuilder().type(type.getKey()).build();
      RowMap row = RowMapDeserializer.createFromString(json(event));
      assertThat(row.getRowType()).isEqualTo(type.getValue());
      assertThat(row.getData()).containsKey("id");
    }
  }

  @Test
  void values_are_written_as_maxwell_writes_them() {
    Row row =
        Row.builder()
            .put("price", new Value.DecimalValue("-007.50"))
            .put("huge", new Value.UInt64Value(-1))
            .put("photo", Value.of(new byte[] {0, -1}))
            .put("day", new Value.DateValue(0))
            .put("span", new Value.TimeValue(-1_000_000))
            .put("at", Value.TimestampValue.of(Instant.parse("2026-01-02T03:04:05.000006Z")))
            .put("doc", new Value.JsonValue("{\"a\": [1, null]}"))
            .build();
    assertThat(json(TestEvents.updated(row).toBuilder().type(ChangeType.CREATED).build()))
        .isEqualTo(
            """
            {"database":"billing","table":"order","type":"insert","ts":1767323045,"xid":42,\
            "commit":true,"position":"billing-0a1b2c3d:00000000000000030009",\
            "data":{"price":-7.50,"huge":18446744073709551615,"photo":"AP8=",\
            "day":"1970-01-01","span":"-00:00:01","at":"2026-01-02 03:04:05.000006",\
            "doc":{"a": [1, null]}}}""");
  }

  @Test
  void a_delete_without_old_state_is_its_key() {
    ChangeEvent event =
        TestEvents.updated().toBuilder()
            .type(ChangeType.DELETED)
            .newValue(null)
            .oldValue(null)
            .build();
    assertThat(json(event)).endsWith("\"data\":{\"id\":7}}");
  }

  @Test
  void what_maxwells_form_cannot_say_is_refused_by_name() {
    for (ChangeType type : List.of(ChangeType.TRUNCATED, ChangeType.MESSAGE)) {
      refused(TestEvents.updated().toBuilder().type(type).build(), type.name());
    }
    refused(TestEvents.updated(Row.of("d", new Value.DecimalValue("NaN"))), "NaN");
    refused(TestEvents.updated(Row.of("d", new Value.FloatValue(1 / 0f))), "Infinity");
    refused(TestEvents.updated(Row.of("j", new Value.JsonValue("{}, \"x\": 1"))), "its JSON");
    assertThatThrownBy(() -> CODEC.decode(CODEC.encode(TestEvents.updated())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("to a topic of its own");
  }

  private static void refused(ChangeEvent event, String message) {
    assertThatThrownBy(() -> CODEC.encode(event))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("order/7")
        .hasMessageContaining(message);
  }
}
