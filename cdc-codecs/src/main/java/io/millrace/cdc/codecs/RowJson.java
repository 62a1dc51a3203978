package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Rows in the forms of other tools, whose values are not typed one by one. */
final class RowJson {
  private RowJson() {}

  /** How one tool writes values of the kinds that JSON has not. */
  interface Style {
    void write(JsonGenerator out, Value value) throws IOException;
  }

  /** An object of the row's fields, or null. */
  static void row(JsonGenerator out, @Nullable Row row, Style style) throws IOException {
    if (row == null) {
      out.writeNull();
      return;
    }
    row(out, row, style, 0);
  }

  private static void row(JsonGenerator out, Row row, Style style, int depth) throws IOException {
    out.writeStartObject();
    for (int i = 0; i < row.size(); i++) {
      try {
        out.writeFieldName(JsonOut.text(row.name(i)));
        value(out, row.value(i), style, depth);
      } catch (IllegalArgumentException cause) {
        throw new IllegalArgumentException(
            "field '" + row.name(i) + "': " + cause.getMessage(), cause);
      }
    }
    out.writeEndObject();
  }

  private static void value(JsonGenerator out, Value value, Style style, int depth)
      throws IOException {
    Check.argument(
        depth <= JsonIn.MAX_DEPTH,
        "lists or documents nest deeper than %s levels",
        JsonIn.MAX_DEPTH);
    switch (value.kind()) {
      case NULL -> out.writeNull();
      case BOOL -> out.writeBoolean(((Value.BoolValue) value).value());
      case INT32 -> out.writeNumber(((Value.Int32Value) value).value());
      case INT64 -> out.writeNumber(((Value.Int64Value) value).value());
      case STRING -> out.writeString(JsonOut.text(((Value.StringValue) value).value()));
      case RAW -> out.writeString(JsonOut.text(((Value.RawValue) value).text()));
      case DOUBLE -> {
        double number = ((Value.DoubleValue) value).value();
        Check.argument(Double.isFinite(number), "%s is no number of JSON", number);
        JsonOut.number(out, number);
      }
      case FLOAT -> {
        float number = ((Value.FloatValue) value).value();
        Check.argument(Float.isFinite(number), "%s is no number of JSON", number);
        JsonOut.number(out, number);
      }
      case LIST -> {
        out.writeStartArray();
        for (Value item : ((Value.ListValue) value).values()) {
          value(out, item, style, depth + 1);
        }
        out.writeEndArray();
      }
      case DOCUMENT -> row(out, ((Value.DocumentValue) value).fields(), style, depth + 1);
      case UINT64, DECIMAL, BYTES, DATE, TIME, DATETIME, TIMESTAMP, UUID, JSON ->
          style.write(out, value);
    }
  }

  /** JSON text in JSON: parsed strictly first, since it would break what is around it. */
  static void embed(JsonGenerator out, String text) throws IOException {
    try {
      var unused = JsonIn.parse(JsonOut.text(text).getBytes(StandardCharsets.UTF_8), "its JSON");
    } catch (EventException cause) {
      throw new IllegalArgumentException(cause.getMessage(), cause);
    }
    out.writeRawValue(text);
  }

  /** What stands for the row before: the whole old state, else the key alone. */
  static @Nullable Row before(ChangeEvent event) {
    Row old = event.oldValue();
    return old != null || event.key().size() == 0 ? old : event.key();
  }
}
