package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.io.IOException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** From the model to the canonical JSON; IllegalArgumentException where it cannot be said. */
final class EventJsonWriter {
  /** The format that is written, and the newest that is read. */
  static final int FORMAT = 1;

  /** The largest integer that every JSON reader gives back exactly. */
  static final long MAX_SAFE = (1L << 53) - 1;

  private EventJsonWriter() {}

  static void write(JsonGenerator out, ChangeEvent event) throws IOException {
    Check.argument(event.type() != ChangeType.UNKNOWN, "its type is UNKNOWN");
    out.writeStartObject();
    out.writeNumberField("format", FORMAT);
    JsonOut.member(out, "id", event.id());
    JsonOut.member(out, "type", event.type().name());
    row(out, "new_val", event.newValue());
    out.writeArrayFieldStart("changed_fields");
    for (String name : event.changedFields()) {
      out.writeString(JsonOut.text(name));
    }
    out.writeEndArray();
    JsonOut.member(out, "source", event.source());
    JsonOut.member(out, "changed_at", event.changedAt().toString());
    JsonOut.member(out, "entity", event.entity());
    row(out, "old_val", event.oldValue());
    row(out, "key", event.key());
    row(out, "previous_key", event.previousKey());
    JsonOut.member(out, "routing_key", event.routingKey());
    JsonOut.member(out, "log", event.log());
    JsonOut.member(out, "version", event.version().toHex());
    JsonOut.member(out, "event_id", event.eventId());
    JsonOut.member(out, "transaction_id", event.transactionId());
    out.writeNumberField("hops", event.hops());
    out.writeFieldName("headers");
    JsonOut.texts(out, event.headers());
    JsonOut.member(out, "schema", event.schema());
    out.writeEndObject();
  }

  private static void row(JsonGenerator out, String name, @Nullable Row row) throws IOException {
    if (row != null) {
      out.writeFieldName(name);
      row(out, row, 0);
    }
  }

  private static void row(JsonGenerator out, Row row, int depth) throws IOException {
    out.writeStartObject();
    if (row.partial()) {
      out.writeBooleanField("partial", true);
    }
    out.writeObjectFieldStart("fields");
    for (int i = 0; i < row.size(); i++) {
      try {
        out.writeFieldName(JsonOut.text(row.name(i)));
        value(out, row.value(i), depth);
      } catch (IllegalArgumentException cause) {
        throw new IllegalArgumentException(
            "field '" + row.name(i) + "': " + cause.getMessage(), cause);
      }
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  private static void value(JsonGenerator out, Value value, int depth) throws IOException {
    switch (value.kind()) {
      case NULL -> out.writeNull();
      case BOOL -> out.writeBoolean(((Value.BoolValue) value).value());
      case STRING -> out.writeString(JsonOut.text(((Value.StringValue) value).value()));
      case INT64 -> {
        long number = ((Value.Int64Value) value).value();
        if (number >= -MAX_SAFE && number <= MAX_SAFE) {
          out.writeNumber(number);
        } else {
          tagged(out, "int64", Long.toString(number));
        }
      }
      case LIST -> {
        out.writeStartArray();
        for (Value item : ((Value.ListValue) value).values()) {
          value(out, item, deeper(depth));
        }
        out.writeEndArray();
      }
      case INT32 -> {
        out.writeStartObject();
        out.writeNumberField("int32", ((Value.Int32Value) value).value());
        out.writeEndObject();
      }
      case DOUBLE -> {
        out.writeStartObject();
        out.writeFieldName("double");
        JsonOut.number(out, ((Value.DoubleValue) value).value());
        out.writeEndObject();
      }
      case FLOAT -> {
        out.writeStartObject();
        out.writeFieldName("float");
        JsonOut.number(out, ((Value.FloatValue) value).value());
        out.writeEndObject();
      }
      case UINT64 -> tagged(out, "uint64", value.toString());
      case DECIMAL -> tagged(out, "decimal", value.toString());
      case BYTES ->
          tagged(
              out, "bytes", Base64.getEncoder().encodeToString(((Value.BytesValue) value).value()));
      case DATE -> tagged(out, "date", value.toString());
      case TIME -> tagged(out, "time", value.toString());
      case DATETIME -> tagged(out, "datetime", value.toString());
      case TIMESTAMP -> tagged(out, "timestamp", value.toString());
      case UUID -> tagged(out, "uuid", value.toString());
      case JSON -> tagged(out, "json", ((Value.JsonValue) value).text());
      case DOCUMENT -> {
        out.writeStartObject();
        out.writeFieldName("document");
        row(out, ((Value.DocumentValue) value).fields(), deeper(depth));
        out.writeEndObject();
      }
      case RAW -> {
        out.writeStartObject();
        out.writeObjectFieldStart("raw");
        JsonOut.member(out, "type", ((Value.RawValue) value).type());
        JsonOut.member(out, "text", ((Value.RawValue) value).text());
        out.writeEndObject();
        out.writeEndObject();
      }
    }
  }

  private static void tagged(JsonGenerator out, String kind, String text) throws IOException {
    out.writeStartObject();
    JsonOut.member(out, kind, text);
    out.writeEndObject();
  }

  private static int deeper(int depth) {
    Check.argument(
        depth < JsonIn.MAX_DEPTH,
        "lists or documents nest deeper than %s levels",
        JsonIn.MAX_DEPTH);
    return depth + 1;
  }
}
