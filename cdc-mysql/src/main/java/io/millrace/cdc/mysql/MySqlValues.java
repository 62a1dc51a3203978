package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * What each column type becomes. The mapping:
 *
 * <ul>
 *   <li>integers of every width, signed and unsigned, and YEAR: int64; unsigned BIGINT: uint64
 *   <li>BIT(1) to BIT(63): int64; BIT(64): uint64
 *   <li>DECIMAL: decimal, scale kept; FLOAT: float; DOUBLE: double
 *   <li>DATE, TIME, DATETIME, TIMESTAMP: date, time, datetime, timestamp; zero and partial dates:
 *       raw with the server's text
 *   <li>CHAR, VARCHAR, TEXT: string; BINARY (filled up to its length), VARBINARY, BLOB: bytes
 *   <li>ENUM: string, the label ('' for the error value); SET: string, labels joined by commas
 *   <li>JSON of MySQL: json; MariaDB's JSON is a text with a check: string
 *   <li>GEOMETRY and its kinds: bytes, the SRID (four, little-endian) and WKB
 *   <li>VECTOR: list of float
 *   <li>MariaDB's UUID: uuid; INET4 and INET6: string, as the server prints them
 * </ul>
 */
final class MySqlValues {
  private MySqlValues() {}

  /**
   * Whether values of a type can be read.
   *
   * @param type of {@link ColumnType}
   */
  static boolean isSupported(int type) {
    return switch (type) {
      case ColumnType.TINY,
          ColumnType.SHORT,
          ColumnType.INT24,
          ColumnType.LONG,
          ColumnType.LONGLONG,
          ColumnType.FLOAT,
          ColumnType.DOUBLE,
          ColumnType.DATE,
          ColumnType.YEAR,
          ColumnType.VARCHAR,
          ColumnType.BIT,
          ColumnType.TIMESTAMP,
          ColumnType.DATETIME,
          ColumnType.TIME,
          ColumnType.JSON,
          ColumnType.DECIMAL,
          ColumnType.ENUM,
          ColumnType.SET,
          ColumnType.VAR_STRING,
          ColumnType.STRING,
          ColumnType.GEOMETRY,
          ColumnType.VECTOR,
          ColumnType.BLOB_COMPRESSED,
          ColumnType.VARCHAR_COMPRESSED ->
          true;
      default -> ColumnType.isBlob(type);
    };
  }

  /** What reads the values of a column, whatever is made of them. */
  static ValueReader reader(Column column) {
    int length = column.length();
    return switch (column.type()) {
      case ColumnType.TINY ->
          column.unsigned() ? in -> Value.of(in.u8()) : in -> Value.of(in.bytes[in.position++]);
      case ColumnType.SHORT ->
          column.unsigned() ? in -> Value.of(in.u16()) : in -> Value.of((short) in.u16());
      case ColumnType.INT24 ->
          column.unsigned() ? in -> Value.of(in.unsigned(3)) : in -> Value.of(in.signed(3));
      case ColumnType.LONG ->
          column.unsigned() ? in -> Value.of(in.u32()) : in -> Value.of(in.s32());
      case ColumnType.LONGLONG ->
          column.unsigned() ? in -> new Value.UInt64Value(in.s64()) : in -> Value.of(in.s64());
      case ColumnType.FLOAT -> in -> new Value.FloatValue(Float.intBitsToFloat(in.s32()));
      case ColumnType.DOUBLE -> in -> new Value.DoubleValue(Double.longBitsToDouble(in.s64()));
      case ColumnType.DECIMAL -> in -> Decimals.read(in, length, column.scale());
      case ColumnType.DATE -> RepeatedValues.last(3, Temporals::date);
      case ColumnType.TIME -> in -> Temporals.time(in, length);
      case ColumnType.DATETIME ->
          RepeatedValues.last(5 + fraction(length), in -> Temporals.dateTime(in, length));
      case ColumnType.TIMESTAMP ->
          RepeatedValues.last(4 + fraction(length), in -> Temporals.timestamp(in, length));
      case ColumnType.YEAR -> in -> year(in.u8());
      case ColumnType.BIT -> in -> bits(length, in);
      case ColumnType.ENUM -> enumeration(column);
      case ColumnType.SET -> in -> labels(column, in.unsigned(length));
      case ColumnType.JSON ->
          in -> new Value.JsonValue(JsonText.read(in, (int) in.unsigned(length)));
      case ColumnType.GEOMETRY -> in -> Value.of(in.copy((int) in.unsigned(length)));
      case ColumnType.VECTOR -> in -> vector(in, (int) in.unsigned(length));
      case ColumnType.UUID -> in -> MariaDbTypes.uuid(filled(column, in, in.u8()));
      case ColumnType.INET4 -> in -> MariaDbTypes.inet4(filled(column, in, in.u8()));
      case ColumnType.INET6 -> in -> MariaDbTypes.inet6(filled(column, in, in.u8()));
      case ColumnType.VARCHAR_COMPRESSED ->
          in -> compressed(column, in, length > 255 ? in.u16() : in.u8());
      case ColumnType.BLOB_COMPRESSED -> in -> compressed(column, in, (int) in.unsigned(length));
      default -> characters(column);
    };
  }

  /** Readers of what is text or bytes, by the column's character set. */
  private static ValueReader characters(Column column) {
    int length = column.length();
    MySqlCharsets.TextDecoder text = column.text();
    return switch (column.type()) {
      case ColumnType.STRING, ColumnType.VARCHAR, ColumnType.VAR_STRING -> {
        if (text == null) {
          yield column.type() == ColumnType.STRING
              ? in -> Value.of(filled(column, in, length > 255 ? in.u16() : in.u8()))
              : in -> Value.of(in.copy(length > 255 ? in.u16() : in.u8()));
        }
        yield RepeatedValues.words(length > 255 ? 2 : 1, text);
      }
      default -> {
        if (!ColumnType.isBlob(column.type())) {
          throw unsupported(column);
        }
        yield text == null
            ? in -> Value.of(in.copy((int) in.unsigned(length)))
            : RepeatedValues.words(length, text);
      }
    };
  }

  /** Moves on behind a value that is not null, and makes nothing of it. */
  static void skip(Column column, ByteReader in) {
    int length = column.length();
    int bytes =
        switch (column.type()) {
          case ColumnType.TINY, ColumnType.YEAR -> 1;
          case ColumnType.SHORT -> 2;
          case ColumnType.INT24, ColumnType.DATE, ColumnType.TIME_OLD -> 3;
          case ColumnType.LONG, ColumnType.FLOAT, ColumnType.TIMESTAMP_OLD -> 4;
          case ColumnType.LONGLONG, ColumnType.DOUBLE, ColumnType.DATETIME_OLD -> 8;
          case ColumnType.DECIMAL -> Decimals.length(length, column.scale());
          case ColumnType.TIME -> 3 + fraction(length);
          case ColumnType.DATETIME -> 5 + fraction(length);
          case ColumnType.TIMESTAMP -> 4 + fraction(length);
          case ColumnType.BIT -> (length + 7) / 8;
          case ColumnType.ENUM, ColumnType.SET -> length;
          case ColumnType.STRING,
              ColumnType.VARCHAR,
              ColumnType.VAR_STRING,
              ColumnType.VARCHAR_COMPRESSED ->
              length > 255 ? in.u16() : in.u8();
          case ColumnType.JSON,
              ColumnType.GEOMETRY,
              ColumnType.VECTOR,
              ColumnType.BLOB_COMPRESSED,
              ColumnType.TINY_BLOB,
              ColumnType.MEDIUM_BLOB,
              ColumnType.LONG_BLOB,
              ColumnType.BLOB ->
              (int) in.unsigned(length);
          default -> throw unsupported(column);
        };
    in.position += bytes; // only now: reading a length has moved it
  }

  /** How many bytes so many digits of a second take. */
  private static int fraction(int digits) {
    return (digits + 1) / 2;
  }

  private static Value vector(ByteReader in, int length) {
    List<Value> values = new ArrayList<>(length / Float.BYTES);
    for (int i = 0; i < length / Float.BYTES; i++) {
      values.add(new Value.FloatValue(Float.intBitsToFloat((int) in.u32())));
    }
    return new Value.ListValue(values);
  }

  private static Value compressed(Column column, ByteReader in, int length) {
    byte[] plain = MariaDbTypes.uncompressed(in.bytes, in.position, in.position + length);
    in.position += length;
    MySqlCharsets.TextDecoder text = column.text();
    return text == null ? Value.of(plain) : Value.of(text.decode(plain, 0, plain.length));
  }

  private static SourceException unsupported(Column column) {
    return new SourceException(
        "Column '" + column.name() + "' is " + ColumnType.name(column.type()) + ", not supported.");
  }

  private static Value year(int stored) {
    return Value.of(stored == 0 ? 0 : 1900L + stored);
  }

  private static Value bits(int bits, ByteReader in) {
    long value = in.bigEndian((bits + 7) / 8);
    return bits == 64 ? new Value.UInt64Value(value) : Value.of(value);
  }

  /** A label is one object however many rows have it. */
  private static ValueReader enumeration(Column column) {
    int length = column.length();
    Value[] labels = new Value[column.labels().size() + 1];
    labels[0] = Value.of("");
    for (int i = 1; i < labels.length; i++) {
      labels[i] = Value.of(column.labels().get(i - 1));
    }
    return in -> labels[(int) in.unsigned(length)];
  }

  private static Value labels(Column column, long bits) {
    StringBuilder text = new StringBuilder();
    for (long rest = bits; rest != 0; rest &= rest - 1) {
      if (text.length() > 0) {
        text.append(',');
      }
      text.append(column.labels().get(Long.numberOfTrailingZeros(rest)));
    }
    return Value.of(text.toString());
  }

  /** The log drops the zeros at the end of BINARY(n). */
  private static byte[] filled(Column column, ByteReader in, int length) {
    byte[] bytes = new byte[column.length()];
    System.arraycopy(in.bytes, in.position, bytes, 0, length);
    in.position += length;
    return bytes;
  }
}
