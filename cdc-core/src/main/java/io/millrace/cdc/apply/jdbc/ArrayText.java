package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.event.Value;

/** A list in PostgreSQL's text form of arrays. */
final class ArrayText {
  private ArrayText() {}

  static String of(Value.ListValue list) {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < list.values().size(); i++) {
      append(i == 0 ? text : text.append(','), list.values().get(i));
    }
    return text.append('}').toString();
  }

  private static void append(StringBuilder text, Value value) {
    switch (value.kind()) {
      case NULL -> text.append("NULL");
      case LIST -> text.append(of((Value.ListValue) value));
      case STRING -> quoted(text, ((Value.StringValue) value).value());
      case BYTES -> quoted(text, "\\x" + value.toString().substring(2));
      case JSON -> quoted(text, ((Value.JsonValue) value).text());
      case RAW -> quoted(text, ((Value.RawValue) value).text());
      case DOCUMENT -> quoted(text, JsonText.of(value));
      case BOOL,
          INT32,
          INT64,
          UINT64,
          DOUBLE,
          FLOAT,
          DECIMAL,
          DATE,
          TIME,
          DATETIME,
          TIMESTAMP,
          UUID ->
          quoted(text, value.toString());
    }
  }

  private static void quoted(StringBuilder text, String value) {
    text.append('"').append(value.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
  }
}
