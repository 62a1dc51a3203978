package io.millrace.cdc.postgres;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Value.RawValue;
import java.io.ByteArrayOutputStream;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;

/**
 * PostgreSQL's values, from the JSON text that the trigger wrote. What the typed form cannot hold
 * (an infinite date, a time with a zone, a type that is not known here) becomes a {@link RawValue}
 * named {@code postgres:} and the type, with the server's text.
 */
final class PostgresValues {
  private PostgresValues() {}

  /** The value whose text is {@code [start, end)}. */
  static Value decode(PgType type, JsonText json, int start, int end) {
    if (json.first(start) == 'n') {
      // row_to_json prints the JSON value null alike: JsonNulls puts it in its place.
      return Value.NULL;
    }
    return switch (type.kind()) {
      case JSON -> new Value.JsonValue(json.slice(start, end));
      case ARRAY -> list(type, json, start, end);
      case COMPOSITE ->
          json.first(start) == '{'
              ? document(type, json, start)
              : raw(type, json.slice(start, end));
      case HSTORE ->
          raw(type, json.first(start) == '{' ? hstore(json, start) : text(json, start, end));
      case INTEGER -> {
        long number = json.integer(start, end);
        yield number == JsonText.NO_INTEGER
            ? scalar(type, text(json, start, end))
            : Value.of(number);
      }
      case TIMESTAMP, INSTANT -> {
        Value moment = json.moment(start, end, type.kind() == PgType.Kind.INSTANT);
        yield moment == null ? scalar(type, text(json, start, end)) : moment;
      }
      default -> scalar(type, text(json, start, end));
    };
  }

  private static String text(JsonText json, int start, int end) {
    return json.first(start) == '"' ? json.string(start, end) : json.slice(start, end);
  }

  private static Value scalar(PgType type, String text) {
    try {
      return switch (type.kind()) {
        case BOOL -> Value.of(bool(text));
        case INTEGER -> Value.of(Long.parseLong(text));
        case FLOAT -> new Value.FloatValue(Float.parseFloat(text));
        case DOUBLE -> new Value.DoubleValue(Double.parseDouble(text));
        case NUMERIC -> new Value.DecimalValue(text);
        case TEXT -> Value.of(text);
        case PADDED_TEXT -> Value.of(withoutPadding(text));
        case BYTES -> Value.of(bytes(text));
        case DATE -> PostgresTimes.date(text);
        case TIME -> PostgresTimes.time(text);
        case TIMESTAMP -> PostgresTimes.timestamp(text);
        case INSTANT -> PostgresTimes.instant(text);
        case UUID -> Value.of(UUID.fromString(text));
        case JSON, ARRAY, COMPOSITE, HSTORE, RAW -> raw(type, text);
      };
    } catch (IllegalArgumentException | DateTimeException e) {
      return raw(type, text); // infinity, or written before the column's type was changed
    }
  }

  private static boolean bool(String text) {
    if (text.equals("true") || text.equals("false")) {
      return text.equals("true");
    }
    throw new IllegalArgumentException(text);
  }

  static RawValue raw(PgType type, String text) {
    return new RawValue("postgres:" + type.name(), text);
  }

  private static String withoutPadding(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    return text.substring(0, end);
  }

  /**
   * Both of bytea's texts, whichever the writer's session had set: an escaped one never begins with
   * a single backslash and x.
   */
  private static byte[] bytes(String text) {
    if (text.startsWith("\\x")) {
      return HexFormat.of().parseHex(text, 2, text.length());
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        bytes.write(c);
      } else if (text.charAt(i + 1) == '\\') {
        bytes.write('\\');
        i++;
      } else {
        bytes.write(Integer.parseInt(text, i + 1, i + 4, 8));
        i += 3;
      }
    }
    return bytes.toByteArray();
  }

  private static Value list(PgType type, JsonText json, int start, int end) {
    PgType element = type.element();
    if (element == null || json.first(start) != '[') {
      return raw(type, text(json, start, end));
    }
    List<Value> values = new ArrayList<>();
    // The dimensions of an array are not part of its type: an array inside is one more dimension.
    json.elements(
        start,
        (name, from, to) ->
            values.add(
                json.first(from) == '[' && element.kind() != PgType.Kind.JSON
                    ? list(type, json, from, to)
                    : decode(element, json, from, to)));
    return new Value.ListValue(values);
  }

  private static Value document(PgType type, JsonText json, int start) {
    Row.Builder row = Row.builder();
    json.members(
        start,
        (name, from, to) -> {
          PgType field = type.fields().get(name);
          row.put(
              name,
              decode(field == null ? PgType.scalar("unknown", false) : field, json, from, to));
        });
    return new Value.DocumentValue(row.build());
  }

  /** hstore's own text: row_to_json prints an hstore as an object of strings. */
  private static String hstore(JsonText json, int start) {
    StringJoiner text = new StringJoiner(", ");
    json.members(
        start,
        (name, from, to) ->
            text.add(
                quoted(name)
                    + "=>"
                    + (json.first(from) == 'n' ? "NULL" : quoted(json.string(from, to)))));
    return text.toString();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
