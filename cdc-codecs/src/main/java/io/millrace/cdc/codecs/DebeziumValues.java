package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.io.IOException;
import java.util.ArrayList;
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

  /** One row that has the fields and the types of both states of a row. */
  static Row merged(@Nullable Row before, @Nullable Row after) {
    Map<String, Value> fields = new LinkedHashMap<>();
    for (Row row : new Row[] {after, before}) {
      for (int i = 0; row != null && i < row.size(); i++) {
        try {
          fields.merge(row.name(i), row.value(i), DebeziumValues::merged);
        } catch (IllegalArgumentException cause) {
          throw new IllegalArgumentException(
              "field '" + row.name(i) + "': " + cause.getMessage(), cause);
        }
      }
    }
    Row.Builder merged = Row.builder();
    fields.forEach(merged::put);
    return merged.build();
  }

  /** A value that has the type of both. */
  private static Value merged(Value one, Value other) {
    if (one.isNull() || other.isNull()) {
      return one.isNull() ? other : one;
    }
    Check.argument(
        one.kind() == other.kind(),
        "it is %s and %s in one event, and a schema has one type for both. Write without schemas",
        one.kind(),
        other.kind());
    if (one instanceof Value.DocumentValue a && other instanceof Value.DocumentValue b) {
      return new Value.DocumentValue(merged(a.fields(), b.fields()));
    } else if (one instanceof Value.ListValue a && other instanceof Value.ListValue b) {
      List<Value> all = new ArrayList<>(a.values());
      all.addAll(b.values());
      return new Value.ListValue(all);
    }
    return one;
  }

  static void fields(JsonGenerator out, Row row) throws IOException {
    out.writeArrayFieldStart("fields");
    for (int i = 0; i < row.size(); i++) {
      out.writeStartObject();
      type(out, row.value(i));
      out.writeStringField("field", JsonOut.text(row.name(i)));
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
        type(
            out,
            ((Value.ListValue) value).values().stream().reduce(Value.NULL, DebeziumValues::merged));
        out.writeEndObject();
      }
      case DOCUMENT -> {
        named(out, "struct", null);
        fields(out, ((Value.DocumentValue) value).fields());
      }
    }
  }

  private static void named(JsonGenerator out, String type, @Nullable String name)
      throws IOException {
    out.writeStringField("type", type);
    out.writeBooleanField("optional", true);
    if (name != null) {
      out.writeStringField("name", name);
      out.writeNumberField("version", 1);
    }
  }
}
