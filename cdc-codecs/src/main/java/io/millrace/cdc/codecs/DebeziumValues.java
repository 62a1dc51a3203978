package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as Debezium's connectors write them, and the Connect schemas that say so. */
final class DebeziumValues {
  private DebeziumValues() {}

  static void write(JsonGenerator out, Value value) throws IOException {
    switch (value.kind()) {
      case BYTES ->
          out.writeString(Base64.getEncoder().encodeToString(((Value.BytesValue) value).value()));
      case JSON -> out.writeString(JsonOut.text(((Value.JsonValue) value).text()));
      case DATE -> out.writeNumber(epochDay(((Value.DateValue) value).epochDay()));
      case TIME -> out.writeNumber(((Value.TimeValue) value).micros());
      case DATETIME -> {
        Value.DateTimeValue time = (Value.DateTimeValue) value;
        out.writeNumber(micros(time.epochSecond(), time.nano()));
      }
      default -> out.writeString(value.toString());
    }
  }

  private static int epochDay(long day) {
    Check.argument(day == (int) day, "day %s of the epoch is beyond io.debezium.time.Date", day);
    return (int) day;
  }

  private static long micros(long seconds, int nanos) {
    Check.argument(
        nanos % 1000 == 0,
        "a time with nanoseconds is beyond io.debezium.time.MicroTimestamp: truncate it with transform(…)");
    try {
      return Math.addExact(Math.multiplyExact(seconds, 1_000_000L), nanos / 1000L);
    } catch (ArithmeticException cause) {
      throw new IllegalArgumentException(
          "second " + seconds + " of the epoch is beyond io.debezium.time.MicroTimestamp", cause);
    }
  }

  /** The schema of two states of one row; a field's type is that of the first that is not null. */
  static void schema(JsonGenerator out, @Nullable Row one, @Nullable Row other) throws IOException {
    Map<String, Value> fields = new LinkedHashMap<>();
    for (Row row : new Row[] {other, one}) {
      for (int i = 0; row != null && i < row.size(); i++) {
        Value value = row.value(i);
        Value earlier = fields.putIfAbsent(row.name(i), value);
        if (earlier != null && earlier.isNull()) {
          fields.put(row.name(i), value);
        } else if (earlier != null && !value.isNull()) {
          Check.argument(
              earlier.kind() == value.kind(),
              "field '%s' is %s before and %s after the change, and a schema has one type for both. Write without schemas",
              row.name(i),
              value.kind(),
              earlier.kind());
        }
      }
    }
    out.writeArrayFieldStart("fields");
    for (Map.Entry<String, Value> field : fields.entrySet()) {
      out.writeStartObject();
      type(out, field.getValue());
      out.writeStringField("field", JsonOut.text(field.getKey()));
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void type(JsonGenerator out, Value value) throws IOException {
    switch (value.kind()) {
      // Nothing tells the type of a null: any reader takes a text that is not there.
      case NULL, STRING, DECIMAL, UINT64, RAW -> named(out, "string", null);
      case BOOL -> named(out, "boolean", null);
      case INT32 -> named(out, "int32", null);
      case INT64 -> named(out, "int64", null);
      case DOUBLE -> named(out, "double", null);
      case FLOAT -> named(out, "float", null);
      case BYTES -> named(out, "bytes", null);
      case DATE -> named(out, "int32", "io.debezium.time.Date");
      case TIME -> named(out, "int64", "io.debezium.time.MicroTime");
      case DATETIME -> named(out, "int64", "io.debezium.time.MicroTimestamp");
      case TIMESTAMP -> named(out, "string", "io.debezium.time.ZonedTimestamp");
      case UUID -> named(out, "string", "io.debezium.data.Uuid");
      case JSON -> named(out, "string", "io.debezium.data.Json");
      case LIST -> {
        named(out, "array", null);
        out.writeObjectFieldStart("items");
        type(out, itemOf(((Value.ListValue) value).values()));
        out.writeEndObject();
      }
      case DOCUMENT -> {
        named(out, "struct", null);
        schema(out, null, ((Value.DocumentValue) value).fields());
      }
    }
  }

  /** An item that has the type of all of them. */
  private static Value itemOf(List<Value> items) {
    Value found = Value.NULL;
    for (Value item : items) {
      if (found.isNull()) {
        found = item;
      }
      Check.argument(
          item.isNull()
              || (item.kind() == found.kind() && item.kind() != Value.Kind.DOCUMENT)
              || items.size() == 1,
          "a list of several kinds or of documents has no schema of Kafka Connect. Write without schemas");
    }
    return found;
  }

  static void named(JsonGenerator out, String type, @Nullable String name) throws IOException {
    out.writeStringField("type", type);
    out.writeBooleanField("optional", true);
    if (name != null) {
      out.writeStringField("name", name);
      out.writeNumberField("version", 1);
    }
  }
}
