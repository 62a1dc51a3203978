package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.List;
import org.bson.BsonType;
import org.junit.jupiter.api.Test;

class StoredFormTest {
  private final StoredForm form = new StoredForm();

  @Test
  void what_other_databases_have_becomes_what_is_read_again() {
    assertEquals(new Value.TimestampValue(86_400, 0), form.of(new Value.DateValue(1), null));
    assertEquals(
        new Value.TimestampValue(5, 124_000_000),
        form.of(new Value.TimestampValue(5, 123_500_000), null));
    assertEquals(new Value.DoubleValue(0.1), form.of(new Value.FloatValue(0.1f), null));
    assertEquals(new Value.DecimalValue("1.50"), form.of(new Value.DecimalValue("1.50"), null));
    assertEquals(
        new Value.DecimalValue("18446744073709551615"), form.of(new Value.UInt64Value(-1), null));
    assertEquals(Value.of("{\"a\":1}"), form.of(new Value.JsonValue("{\"a\":1}"), null));
  }

  @Test
  void nested_values_too() {
    Value list =
        new Value.ListValue(
            List.of(new Value.DocumentValue(Row.of("day", new Value.DateValue(0)))));
    assertEquals(
        new Value.ListValue(
            List.of(new Value.DocumentValue(Row.of("day", new Value.TimestampValue(0, 0))))),
        form.of(list, null));
  }

  @Test
  void a_type_is_kept_where_the_mapping_asks_for_it() {
    assertEquals(new Value.Int32Value(5), form.of(Value.of(5), BsonType.INT32));
    assertEquals(
        new Value.DoubleValue(1.5), form.of(new Value.DecimalValue("1.50"), BsonType.DOUBLE));
    assertEquals(Value.of("5"), form.of(Value.of(5), BsonType.STRING));
    assertEquals(
        new Value.RawValue("mongo:objectId", "65a000000000000000000001"),
        form.of(Value.of("65a000000000000000000001"), BsonType.OBJECT_ID));
    assertEquals(
        new Value.DocumentValue(Row.of("a", new Value.Int32Value(1))),
        form.of(new Value.JsonValue("{\"a\": 1}"), BsonType.DOCUMENT));
    assertEquals(
        new Value.ListValue(List.of(Value.of("x"))),
        form.of(new Value.JsonValue("[\"x\"]"), BsonType.ARRAY));
    assertEquals(Value.of(true), form.of(Value.of(1), BsonType.BOOLEAN));
    assertEquals(Value.NULL, form.of(Value.NULL, BsonType.INT32));
  }

  @Test
  void what_does_not_fit_is_refused() {
    assertThrows(ArithmeticException.class, () -> form.of(Value.of(1L << 40), BsonType.INT32));
    assertThrows(
        ArithmeticException.class, () -> form.of(new Value.DecimalValue("1.5"), BsonType.INT64));
    assertThrows(
        IllegalArgumentException.class, () -> form.of(Value.of("no id"), BsonType.OBJECT_ID));
    assertThrows(IllegalArgumentException.class, () -> form.of(Value.of(2), BsonType.BOOLEAN));
    for (String json : List.of("[1]", "{\"$oid\": \"x\"}", "{", "5", "")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> form.of(new Value.JsonValue(json), BsonType.DOCUMENT),
          json);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> form.of(new Value.JsonValue("{\"a\": 1}"), BsonType.ARRAY));
    assertThrows(
        IllegalArgumentException.class,
        () -> form.of(new Value.DecimalValue("1" + "0".repeat(33) + "1.5"), null));
  }
}
