package io.millrace.cdc.event;

import io.millrace.cdc.internal.Check;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * One value of a row, exactly as the database holds it. Closed: switch on {@link #kind()} without a
 * default, so that a new kind breaks compilation. Immutable; two values are equal when kind and
 * content are: a decimal's scale counts, every NaN is the same one, and -0.0 is not 0.0.
 */
public sealed interface Value {
  /** The one null. */
  Value NULL = new NullValue();

  /** The kinds, in the order of the contract's {@code Value}. */
  enum Kind {
    NULL,
    BOOL,
    INT32,
    INT64,
    UINT64,
    DOUBLE,
    FLOAT,
    DECIMAL,
    STRING,
    BYTES,
    DATE,
    TIME,
    DATETIME,
    TIMESTAMP,
    UUID,
    JSON,
    LIST,
    DOCUMENT,
    RAW
  }

  /** Which of the kinds this is. */
  Kind kind();

  /** Whether this is the null value. */
  default boolean isNull() {
    return this == NULL;
  }

  /** The database's null; use {@link Value#NULL}. */
  final class NullValue implements Value {
    private NullValue() {}

    @Override
    public Kind kind() {
      return Kind.NULL;
    }

    @Override
    public String toString() {
      return "null";
    }
  }

  /** A boolean. */
  record BoolValue(boolean value) implements Value {
    @Override
    public Kind kind() {
      return Kind.BOOL;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /**
   * A signed integer of 32 bits, where the database keeps the width with each value (MongoDB). The
   * same number has the same id and the same hash as an {@link Int64Value}.
   */
  record Int32Value(int value) implements Value {
    @Override
    public Kind kind() {
      return Kind.INT32;
    }

    @Override
    public String toString() {
      return Integer.toString(value);
    }
  }

  /** A signed integer of up to 64 bits. */
  record Int64Value(long value) implements Value {
    @Override
    public Kind kind() {
      return Kind.INT64;
    }

    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /**
   * An unsigned 64-bit integer; {@code value} holds its bits. Narrower unsigned columns are {@link
   * Int64Value}s.
   */
  record UInt64Value(long value) implements Value {
    @Override
    public Kind kind() {
      return Kind.UINT64;
    }

    @Override
    public String toString() {
      return Long.toUnsignedString(value);
    }
  }

  /** A 64-bit floating-point number, NaN and infinities included. */
  record DoubleValue(double value) implements Value {
    @Override
    public Kind kind() {
      return Kind.DOUBLE;
    }

    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** A 32-bit floating-point number, NaN and infinities included. */
  record FloatValue(float value) implements Value {
    @Override
    public Kind kind() {
      return Kind.FLOAT;
    }

    @Override
    public String toString() {
      return Float.toString(value);
    }
  }

  /** An exact decimal as plain text, scale kept ("10.50"), or NaN, Infinity, -Infinity. */
  record DecimalValue(String text) implements Value {
    /** Refuses what {@link #isDecimal} refuses. */
    public DecimalValue {
      if (!isDecimal(text)) {
        Check.argument(
            false,
            "a decimal is a plain number like -10.50, NaN, Infinity or -Infinity, not '%s'",
            text);
      }
    }

    /**
     * Whether a text is a decimal: digits with a minus before and a point between them, if any (no
     * exponent), or NaN, Infinity, -Infinity.
     */
    public static boolean isDecimal(String text) {
      return DecimalText.isDecimal(text);
    }

    /** A decimal in plain notation. */
    public static DecimalValue of(BigDecimal value) {
      return new DecimalValue(value.toPlainString());
    }

    /** One text for equal numbers: no trailing zeros, no exponent, no sign of zero. */
    public String canonicalText() {
      return DecimalText.canonical(text);
    }

    /** The number; fails for NaN and the infinities. */
    public BigDecimal toBigDecimal() {
      return new BigDecimal(text);
    }

    @Override
    public Kind kind() {
      return Kind.DECIMAL;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Characters. */
  record StringValue(String value) implements Value {
    @Override
    public Kind kind() {
      return Kind.STRING;
    }

    @Override
    public String toString() {
      return "'" + value + "'";
    }
  }

  /** Bytes; the array belongs to the value and must not be changed. */
  record BytesValue(byte[] value) implements Value {
    @Override
    public Kind kind() {
      return Kind.BYTES;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof BytesValue bytes && Arrays.equals(value, bytes.value);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
      return "0x" + HexFormat.of().formatHex(value);
    }
  }

  /** A day: days since 1970-01-01, proleptic Gregorian. */
  record DateValue(long epochDay) implements Value {
    /** Refuses years that {@link LocalDate} cannot hold. */
    public DateValue {
      TemporalText.checkEpochDay(epochDay);
    }

    /** As {@link LocalDate}. */
    public LocalDate toLocalDate() {
      return LocalDate.ofEpochDay(epochDay);
    }

    @Override
    public Kind kind() {
      return Kind.DATE;
    }

    @Override
    public String toString() {
      return toLocalDate().toString();
    }
  }

  /**
   * A time of day or a signed duration: microseconds since midnight, negative and above 24 h where
   * the database allows it.
   */
  record TimeValue(long micros) implements Value {
    @Override
    public Kind kind() {
      return Kind.TIME;
    }

    /**
     * {@code [-]HH:MM:SS[.ffffff]}, hours as many digits as needed, no trailing zeros in the
     * fraction.
     */
    @Override
    public String toString() {
      return TemporalText.time(micros);
    }
  }

  /**
   * A date and time without a zone: seconds since 1970-01-01T00:00:00 read as if in UTC, and
   * 0–999,999,999 nanoseconds.
   */
  record DateTimeValue(long epochSecond, int nano) implements Value {
    /** Refuses nanoseconds out of range and years that {@link LocalDateTime} cannot hold. */
    public DateTimeValue {
      TemporalText.checkEpochSecond(epochSecond, nano);
    }

    /** From {@link LocalDateTime}. */
    public static DateTimeValue of(LocalDateTime value) {
      return new DateTimeValue(value.toEpochSecond(java.time.ZoneOffset.UTC), value.getNano());
    }

    /** As {@link LocalDateTime}. */
    public LocalDateTime toLocalDateTime() {
      return LocalDateTime.ofEpochSecond(epochSecond, nano, java.time.ZoneOffset.UTC);
    }

    @Override
    public Kind kind() {
      return Kind.DATETIME;
    }

    @Override
    public String toString() {
      return TemporalText.dateTime(epochSecond, nano);
    }
  }

  /** A point in time: seconds since the epoch and 0–999,999,999 nanoseconds. */
  record TimestampValue(long epochSecond, int nano) implements Value {
    /** Refuses nanoseconds out of range and years that {@link LocalDateTime} cannot hold. */
    public TimestampValue {
      TemporalText.checkEpochSecond(epochSecond, nano);
    }

    /** From {@link Instant}. */
    public static TimestampValue of(Instant value) {
      return new TimestampValue(value.getEpochSecond(), value.getNano());
    }

    /** As {@link Instant}. */
    public Instant toInstant() {
      return Instant.ofEpochSecond(epochSecond, nano);
    }

    @Override
    public Kind kind() {
      return Kind.TIMESTAMP;
    }

    @Override
    public String toString() {
      return TemporalText.dateTime(epochSecond, nano) + "Z";
    }
  }

  /** A UUID. */
  record UuidValue(UUID value) implements Value {
    @Override
    public Kind kind() {
      return Kind.UUID;
    }

    @Override
    public String toString() {
      return value.toString();
    }
  }

  /** JSON text as the database prints it. */
  record JsonValue(String text) implements Value {
    @Override
    public Kind kind() {
      return Kind.JSON;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** An array, in order; elements may be null values. */
  record ListValue(List<Value> values) implements Value {
    public ListValue {
      values = List.copyOf(values);
    }

    @Override
    public Kind kind() {
      return Kind.LIST;
    }

    @Override
    public String toString() {
      return values.toString();
    }
  }

  /** A nested document. */
  record DocumentValue(Row fields) implements Value {
    @Override
    public Kind kind() {
      return Kind.DOCUMENT;
    }

    @Override
    public String toString() {
      return fields.toString();
    }
  }

  /**
   * A value of a type the library does not know, or one that its typed form cannot hold (MySQL's
   * 0000-00-00, PostgreSQL's infinity as a date).
   *
   * @param type the database's own name of the type with the database in front, e.g. {@code
   *     postgres:tsvector}
   * @param text the database's text for it
   */
  record RawValue(String type, String text) implements Value {
    @Override
    public Kind kind() {
      return Kind.RAW;
    }

    @Override
    public String toString() {
      return type + ":" + text;
    }
  }

  /** A boolean value. */
  static Value of(boolean value) {
    return new BoolValue(value);
  }

  /** A signed integer. */
  static Value of(long value) {
    return SmallIntegers.of(value);
  }

  /** Characters. */
  static Value of(String value) {
    return new StringValue(value);
  }

  /** Bytes; the array is given away. */
  static Value of(byte[] value) {
    return new BytesValue(value);
  }

  /** An exact decimal. */
  static Value of(BigDecimal value) {
    return DecimalValue.of(value);
  }

  /** A UUID. */
  static Value of(UUID value) {
    return new UuidValue(value);
  }
}
