package io.millrace.cdc.codecs;

import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rows and values of the canonical JSON; IllegalArgumentException or DateTimeException. */
final class JsonValues {
  private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,18})");
  private static final Pattern UNSIGNED = Pattern.compile("0|[1-9][0-9]{0,19}");
  private static final Pattern TIME =
      Pattern.compile("(-?)([0-9]{2,12}):([0-5][0-9]):([0-5][0-9])(?:\\.([0-9]{1,6}))?");

  private JsonValues() {}

  static Row row(Json json, String what) {
    Map<String, Json> members = members(json, what);
    Json fields = members.getOrDefault("fields", Json.NULL);
    Json partial = members.getOrDefault("partial", new Json.Bool(false));
    Check.argument(partial instanceof Json.Bool, "'partial' of %s is no boolean", what);
    Map<String, Json> values = members(fields, "'fields' of " + what);
    Value[] row = new Value[values.size()];
    int i = 0;
    for (Map.Entry<String, Json> field : values.entrySet()) {
      row[i++] = value(field.getValue(), "field '" + field.getKey() + "'");
    }
    return Row.wrap(
        FieldNames.of(new ArrayList<>(values.keySet())), row, ((Json.Bool) partial).value());
  }

  private static Value value(Json json, String what) {
    if (json instanceof Json.Nothing) {
      return Value.NULL;
    } else if (json instanceof Json.Bool bool) {
      return Value.of(bool.value());
    } else if (json instanceof Json.Text text) {
      return Value.of(text.value());
    } else if (json instanceof Json.Numeric) {
      return Value.of(integer(json, what, -EventJsonWriter.MAX_SAFE, EventJsonWriter.MAX_SAFE));
    } else if (json instanceof Json.Items items) {
      List<Value> values = new ArrayList<>(items.values().size());
      for (Json item : items.values()) {
        values.add(value(item, "an item of " + what));
      }
      return new Value.ListValue(values);
    }
    Map<String, Json> members = members(json, what);
    Check.argument(
        members.size() == 1,
        "%s is an object of %s members, a value has one that names its kind",
        what,
        members.size());
    Map.Entry<String, Json> only = members.entrySet().iterator().next();
    return tagged(only.getKey(), only.getValue(), what);
  }

  private static Value tagged(String kind, Json json, String what) {
    return switch (kind) {
      case "int32" ->
          new Value.Int32Value((int) integer(json, what, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case "int64" ->
          Value.of(
              integer(new Json.Numeric(text(json, what)), what, Long.MIN_VALUE, Long.MAX_VALUE));
      case "uint64" -> new Value.UInt64Value(unsigned(text(json, what), what));
      case "double" -> new Value.DoubleValue(Double.parseDouble(floating(json, what)));
      case "float" -> new Value.FloatValue(Float.parseFloat(floating(json, what)));
      case "decimal" -> new Value.DecimalValue(text(json, what));
      case "bytes" -> bytes(text(json, what), what);
      case "date" -> new Value.DateValue(LocalDate.parse(text(json, what)).toEpochDay());
      case "time" -> new Value.TimeValue(micros(text(json, what), what));
      case "datetime" -> Value.DateTimeValue.of(LocalDateTime.parse(text(json, what)));
      case "timestamp" -> timestamp(text(json, what), what);
      case "uuid" -> uuid(text(json, what), what);
      case "json" -> new Value.JsonValue(text(json, what));
      case "document" -> new Value.DocumentValue(row(json, what));
      case "raw" -> {
        Map<String, Json> raw = members(json, what);
        yield new Value.RawValue(
            text(raw.getOrDefault("type", Json.NULL), "the raw type of " + what),
            text(raw.getOrDefault("text", Json.NULL), "the raw text of " + what));
      }
      default ->
          throw new IllegalArgumentException(
              what + " is of kind '" + kind + "', not known here; is the writer newer?");
    };
  }

  static Map<String, Json> members(Json json, String what) {
    if (json instanceof Json.Members members) {
      return members.values();
    }
    throw new IllegalArgumentException(what + " is " + json.describe() + ", not an object");
  }

  static String text(Json json, String what) {
    if (json instanceof Json.Text text) {
      return text.value();
    }
    throw new IllegalArgumentException(what + " is " + json.describe() + ", not a string");
  }

  static long integer(Json json, String what, long min, long max) {
    if (json instanceof Json.Numeric number && INTEGER.matcher(number.text()).matches()) {
      try {
        long value = Long.parseLong(number.text());
        if (value >= min && value <= max) {
          return value;
        }
      } catch (NumberFormatException tooLarge) {
        // Said below, with the range.
      }
    }
    throw new IllegalArgumentException(
        "%s is %s, not an integer from %s to %s%s"
            .formatted(
                what,
                json.describe(),
                min,
                max,
                max == EventJsonWriter.MAX_SAFE ? "; a larger one is {\"int64\":\"…\"}" : ""));
  }

  private static long unsigned(String text, String what) {
    Check.argument(UNSIGNED.matcher(text).matches(), "%s is no unsigned integer", what);
    return Long.parseUnsignedLong(text);
  }

  private static String floating(Json json, String what) {
    if (json instanceof Json.Numeric number) {
      return number.text();
    }
    String text = text(json, what);
    Check.argument(
        text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity"),
        "%s is a string, but neither NaN nor Infinity nor -Infinity",
        what);
    return text;
  }

  private static long micros(String text, String what) {
    Matcher time = TIME.matcher(text);
    Check.argument(time.matches(), "%s is '%s', not a time [-]HH:MM:SS[.ffffff]", what, text);
    String fraction = time.group(5) == null ? "" : time.group(5);
    try {
      long seconds =
          Math.addExact(
              Math.multiplyExact(Long.parseLong(time.group(2)), 3600L),
              Integer.parseInt(time.group(3)) * 60L + Integer.parseInt(time.group(4)));
      long micros = Long.parseLong((fraction + "000000").substring(0, 6));
      // Counted below zero, where there is one more number.
      long negative = Math.subtractExact(Math.multiplyExact(seconds, -1_000_000L), micros);
      return time.group(1).isEmpty() ? Math.negateExact(negative) : negative;
    } catch (ArithmeticException cause) {
      throw new IllegalArgumentException(
          what + " is '" + text + "', which does not fit into 64 bits of microseconds", cause);
    }
  }

  private static Value bytes(String text, String what) {
    try {
      return Value.of(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException cause) {
      throw new IllegalArgumentException(what + " is no base64: " + cause.getMessage(), cause);
    }
  }

  private static Value timestamp(String text, String what) {
    Check.argument(text.endsWith("Z"), "%s is '%s', an instant ends in Z", what, text);
    LocalDateTime time = LocalDateTime.parse(text.substring(0, text.length() - 1));
    return new Value.TimestampValue(time.toEpochSecond(ZoneOffset.UTC), time.getNano());
  }

  private static Value uuid(String text, String what) {
    // Java's own parser takes shorter ones.
    Check.argument(text.length() == 36, "%s is '%s', not a UUID", what, text);
    return Value.of(UUID.fromString(text));
  }
}
