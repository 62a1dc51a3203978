package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;

/** Lists and documents as JSON text. */
final class JsonText {
  private JsonText() {}

  static String of(Value value) {
    StringBuilder text = new StringBuilder();
    append(text, value);
    return text.toString();
  }

  private static void append(StringBuilder text, Value value) {
    switch (value.kind()) {
      case NULL -> text.append("null");
      case BOOL, INT32, INT64, UINT64 -> text.append(value);
      case DECIMAL, DOUBLE, FLOAT -> number(text, value.toString());
      case JSON -> text.append(((Value.JsonValue) value).text());
      case STRING -> quoted(text, ((Value.StringValue) value).value());
      case RAW -> quoted(text, ((Value.RawValue) value).text());
      case BYTES, DATE, TIME, DATETIME, TIMESTAMP, UUID -> quoted(text, value.toString());
      case LIST -> {
        String separator = "[";
        for (Value element : ((Value.ListValue) value).values()) {
          append(text.append(separator), element);
          separator = ",";
        }
        text.append(separator.equals("[") ? "[]" : "]");
      }
      case DOCUMENT -> {
        Row fields = ((Value.DocumentValue) value).fields();
        text.append('{');
        for (int i = 0; i < fields.size(); i++) {
          quoted(i == 0 ? text : text.append(','), fields.name(i));
          append(text.append(':'), fields.value(i));
        }
        text.append('}');
      }
    }
  }

  private static void number(StringBuilder text, String number) {
    char last = number.charAt(number.length() - 1);
    if (last < '0' || last > '9') {
      quoted(text, number); // JSON has no NaN and no infinity
    } else {
      text.append(number);
    }
  }

  private static void quoted(StringBuilder text, String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ') {
        text.append("\\u").append(java.util.HexFormat.of().toHexDigits(c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }
}
