package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The Connect schema of an envelope, in the form of Kafka Connect's JsonConverter. */
final class DebeziumSchema {
  private static final String[] SOURCE_TEXTS = {
    "version",
    "connector",
    "name",
    "snapshot",
    "db",
    "table",
    "txId",
    "event_id",
    "log",
    "version_hex"
  };

  private DebeziumSchema() {}

  static void write(JsonGenerator out, ChangeEvent event, @Nullable Row before) throws IOException {
    String name = "millrace." + event.entity();
    out.writeStartObject();
    struct(out, JsonOut.text(name + ".Envelope"), false);
    out.writeArrayFieldStart("fields");
    Row merged = DebeziumValues.merged(before, event.newValue());
    for (String state : new String[] {"before", "after"}) {
      out.writeStartObject();
      struct(out, JsonOut.text(name + ".Value"), true);
      DebeziumValues.fields(out, merged);
      out.writeStringField("field", state);
      out.writeEndObject();
    }
    source(out);
    field(out, "op", "string", false);
    field(out, "ts_ms", "int64", true);
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void source(JsonGenerator out) throws IOException {
    out.writeStartObject();
    struct(out, "io.millrace.cdc.Source", false);
    out.writeArrayFieldStart("fields");
    for (String text : SOURCE_TEXTS) {
      field(out, text, "string", false);
    }
    field(out, "ts_ms", "int64", false);
    field(out, "hops", "int32", false);
    out.writeEndArray();
    out.writeStringField("field", "source");
    out.writeEndObject();
  }

  private static void struct(JsonGenerator out, String name, boolean optional) throws IOException {
    out.writeStringField("type", "struct");
    out.writeBooleanField("optional", optional);
    out.writeStringField("name", name);
  }

  private static void field(JsonGenerator out, String name, String type, boolean optional)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("type", type);
    out.writeBooleanField("optional", optional);
    out.writeStringField("field", name);
    out.writeEndObject();
  }
}
