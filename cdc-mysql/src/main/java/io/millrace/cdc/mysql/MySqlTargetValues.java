package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.event.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A target's values to and from JDBC; dates and times travel as text in a UTC session, so that no
 * driver shifts them.
 */
final class MySqlTargetValues {
  private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);
  private static final int MICRO_DIGITS = 6;

  private MySqlTargetValues() {}

  static void bind(PreparedStatement statement, int index, Value value) throws SQLException {
    switch (value.kind()) {
      case NULL -> statement.setNull(index, Types.VARCHAR);
      case BOOL -> statement.setLong(index, ((Value.BoolValue) value).value() ? 1 : 0);
      case INT32 -> statement.setLong(index, ((Value.Int32Value) value).value());
      case INT64 -> statement.setLong(index, ((Value.Int64Value) value).value());
      case UINT64, DECIMAL -> statement.setBigDecimal(index, new BigDecimal(value.toString()));
      case DOUBLE -> statement.setDouble(index, ((Value.DoubleValue) value).value());
      case FLOAT -> statement.setFloat(index, ((Value.FloatValue) value).value());
      case STRING -> statement.setString(index, ((Value.StringValue) value).value());
      case BYTES -> statement.setBytes(index, ((Value.BytesValue) value).value());
      case DATE, TIME, UUID -> statement.setString(index, value.toString());
      case DATETIME ->
          statement.setString(index, text(((Value.DateTimeValue) value).toLocalDateTime()));
      case TIMESTAMP ->
          statement.setString(
              index,
              text(
                  LocalDateTime.ofInstant(
                      ((Value.TimestampValue) value).toInstant(), ZoneOffset.UTC)));
      case JSON -> statement.setString(index, ((Value.JsonValue) value).text());
      case RAW -> statement.setString(index, ((Value.RawValue) value).text());
      case LIST, DOCUMENT -> throw new IllegalArgumentException("no SQL form for " + value.kind());
    }
  }

  private static String text(LocalDateTime moment) {
    return moment.toLocalDate() + " " + moment.toLocalTime();
  }

  static String readExpression(TargetColumn column) {
    return switch (column.type()) {
      // Drivers make booleans of tinyint(1), dates of YEAR and bytes of BIT; a sum is a number.
      case INT, BITS -> column.sqlName() + " + 0";
      case FLOAT -> column.sqlName() + " + 0E0"; // else the server prints six digits
      case DATE, TIME, DATETIME, TIMESTAMP, UUID, TEXT_FORM ->
          "CAST(" + column.sqlName() + " AS CHAR)";
      case BOOL, DECIMAL, DOUBLE, STRING, BYTES, JSON, UNSUPPORTED -> column.sqlName();
    };
  }

  static Value read(ResultSet rows, int index, TargetColumn column) throws SQLException {
    Value value =
        switch (column.type()) {
          case DOUBLE -> new Value.DoubleValue(rows.getDouble(index));
          case FLOAT -> new Value.FloatValue((float) rows.getDouble(index));
          case BYTES -> bytes(rows, index);
          case BOOL,
              INT,
              BITS,
              DECIMAL,
              STRING,
              DATE,
              TIME,
              DATETIME,
              TIMESTAMP,
              UUID,
              JSON,
              TEXT_FORM,
              UNSUPPORTED ->
              text(rows.getString(index), column);
        };
    return rows.wasNull() ? Value.NULL : value;
  }

  private static Value bytes(ResultSet rows, int index) throws SQLException {
    byte[] bytes = rows.getBytes(index);
    return bytes == null ? Value.NULL : Value.of(bytes);
  }

  private static Value text(@Nullable String text, TargetColumn column) {
    if (text == null) {
      return Value.NULL;
    }
    return switch (column.type()) {
      case INT, BITS, BOOL -> integer(new BigInteger(text));
      case DECIMAL -> new Value.DecimalValue(new BigDecimal(text).toPlainString());
      case DATE ->
          text.contains("-00") || text.startsWith("0000")
              ? raw(text, column)
              : new Value.DateValue(LocalDate.parse(text).toEpochDay());
      case DATETIME -> zero(text) ? raw(text, column) : Value.DateTimeValue.of(moment(text));
      case TIMESTAMP ->
          zero(text)
              ? raw(text, column)
              : Value.TimestampValue.of(moment(text).toInstant(ZoneOffset.UTC));
      case TIME -> new Value.TimeValue(micros(text));
      case UUID -> Value.of(UUID.fromString(text));
      case JSON -> new Value.JsonValue(text);
      case FLOAT, DOUBLE, STRING, BYTES, TEXT_FORM, UNSUPPORTED -> Value.of(text);
    };
  }

  private static Value integer(BigInteger number) {
    return number.compareTo(MAX_LONG) > 0
        ? new Value.UInt64Value(number.longValue())
        : Value.of(number.longValue());
  }

  private static boolean zero(String text) {
    return text.substring(0, 10).contains("-00") || text.startsWith("0000");
  }

  private static Value raw(String text, TargetColumn column) {
    return new Value.RawValue("mysql:" + column.typeName(), text);
  }

  private static LocalDateTime moment(String text) {
    return LocalDateTime.of(
        LocalDate.parse(text.substring(0, 10)), LocalTime.parse(text.substring(11)));
  }

  /** {@code [-]hhh:mm:ss[.ffffff]}. */
  private static long micros(String text) {
    boolean negative = text.startsWith("-");
    String digits = negative ? text.substring(1) : text;
    int first = digits.indexOf(':');
    long minutes =
        Long.parseLong(digits.substring(0, first)) * 60
            + Long.parseLong(digits.substring(first + 1, first + 3));
    BigDecimal seconds =
        new BigDecimal(digits.substring(first + 4)).add(BigDecimal.valueOf(minutes * 60));
    long micros = seconds.movePointRight(MICRO_DIGITS).longValueExact();
    return negative ? -micros : micros;
  }
}
