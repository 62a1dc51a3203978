package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.event.Value;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.UUID;

/**
 * A target's values as PostgreSQL's text, with the session settings of {@link
 * PostgresDialect#prepare}.
 */
final class PostgresText {
  private static final int NANOS_PER_MICRO = 1000;

  private PostgresText() {}

  /** A text of this library's own tables: PostgreSQL's text holds all characters but one. */
  static String ownText(String text) {
    return text.indexOf('\0') < 0 ? text : text.replace("\0", "\\u0000");
  }

  static String write(Value value) {
    return switch (value.kind()) {
      case BOOL, INT32, INT64, UINT64, DOUBLE, FLOAT, DECIMAL, TIME, UUID -> value.toString();
      case STRING -> ((Value.StringValue) value).value();
      case BYTES -> "\\x" + HexFormat.of().formatHex(((Value.BytesValue) value).value());
      case DATE -> era(((Value.DateValue) value).toLocalDate(), "");
      case DATETIME -> {
        LocalDateTime moment = ((Value.DateTimeValue) value).toLocalDateTime();
        yield era(moment.toLocalDate(), " " + moment.toLocalTime());
      }
      case TIMESTAMP -> {
        LocalDateTime moment =
            LocalDateTime.ofInstant(((Value.TimestampValue) value).toInstant(), ZoneOffset.UTC);
        yield era(moment.toLocalDate(), " " + moment.toLocalTime() + "+00");
      }
      case JSON -> ((Value.JsonValue) value).text();
      case RAW -> ((Value.RawValue) value).text();
      case NULL, LIST, DOCUMENT ->
          throw new IllegalArgumentException("no text for " + value.kind());
    };
  }

  private static String era(LocalDate date, String rest) {
    int year = date.getYear();
    String days =
        "%04d-%02d-%02d"
            .formatted(year > 0 ? year : 1 - year, date.getMonthValue(), date.getDayOfMonth());
    return days + rest + (year > 0 ? "" : " BC");
  }

  static Value read(String text, TargetColumn column) {
    return switch (column.type()) {
      case BOOL -> Value.of(text.startsWith("t"));
      case INT -> Value.of(Long.parseLong(text));
      case DECIMAL -> new Value.DecimalValue(text);
      case FLOAT -> new Value.FloatValue(Float.parseFloat(text));
      case DOUBLE -> new Value.DoubleValue(Double.parseDouble(text));
      case BYTES -> Value.of(HexFormat.of().parseHex(text, 2, text.length()));
      case DATE ->
          text.endsWith("infinity")
              ? raw(text, column)
              : new Value.DateValue(date(text).toEpochDay());
      case TIME -> new Value.TimeValue(time(text));
      case DATETIME ->
          text.endsWith("infinity") ? raw(text, column) : Value.DateTimeValue.of(dateTime(text));
      case TIMESTAMP ->
          text.endsWith("infinity")
              ? raw(text, column)
              : Value.TimestampValue.of(dateTime(text).toInstant(ZoneOffset.UTC));
      case UUID -> Value.of(UUID.fromString(text));
      case JSON -> new Value.JsonValue(text);
      case STRING, BITS, TEXT_FORM, UNSUPPORTED -> Value.of(text);
    };
  }

  private static Value raw(String text, TargetColumn column) {
    return new Value.RawValue("postgres:" + column.castType(), text);
  }

  private static LocalDate date(String text) {
    boolean before = text.endsWith(" BC");
    String days = before ? text.substring(0, text.length() - 3) : text;
    int end = days.length(); // yyyy-mm-dd, with more digits of the year where it needs them
    int year = Integer.parseInt(days.substring(0, end - 6));
    return LocalDate.of(
        before ? 1 - year : year,
        Integer.parseInt(days.substring(end - 5, end - 3)),
        Integer.parseInt(days.substring(end - 2)));
  }

  private static long time(String text) {
    if (text.startsWith("24:")) {
      return 86_400_000_000L;
    }
    return LocalTime.parse(text).toNanoOfDay() / NANOS_PER_MICRO;
  }

  private static LocalDateTime dateTime(String text) {
    int space = text.indexOf(' ');
    int end = text.indexOf('+', space);
    boolean before = text.endsWith(" BC");
    int timeEnd = end >= 0 ? end : before ? text.length() - 3 : text.length();
    return LocalDateTime.of(
        date(text.substring(0, space) + (before ? " BC" : "")),
        LocalTime.parse(text.substring(space + 1, timeEnd)));
  }
}
