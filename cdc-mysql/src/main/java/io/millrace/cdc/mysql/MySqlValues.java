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

  /** Reads a value that is not null and moves on behind it. */
  static Value read(Column column, ByteReader in) {
    return switch (column.type()) {
      case ColumnType.TINY -> integer(column, in, 1);
      case ColumnType.SHORT -> integer(column, in, 2);
      case ColumnType.INT24 -> integer(column, in, 3);
      case ColumnType.LONG -> integer(column, in, 4);
      case ColumnType.LONGLONG ->
          column.unsigned() ? new Value.UInt64Value(in.signed(8)) : Value.of(in.signed(8));
      case ColumnType.FLOAT -> new Value.FloatValue(Float.intBitsToFloat((int) in.u32()));
      case ColumnType.DOUBLE -> new Value.DoubleValue(Double.longBitsToDouble(in.signed(8)));
      case ColumnType.DECIMAL -> Decimals.read(in, column.length(), column.scale());
      case ColumnType.DATE -> Temporals.date(in);
      case ColumnType.TIME -> Temporals.time(in, column.length());
      case ColumnType.DATETIME -> Temporals.dateTime(in, column.length());
      case ColumnType.TIMESTAMP -> Temporals.timestamp(in, column.length());
      case ColumnType.YEAR -> year(in.u8());
      case ColumnType.BIT -> bits(column.length(), in);
      case ColumnType.ENUM -> label(column, (int) in.unsigned(column.length()));
      case ColumnType.SET -> labels(column, in.unsigned(column.length()));
      case ColumnType.STRING -> fixed(column, in, column.length() > 255 ? in.u16() : in.u8());
      case ColumnType.VARCHAR, ColumnType.VAR_STRING ->
          varying(column, in, column.length() > 255 ? in.u16() : in.u8());
      case ColumnType.JSON ->
          new Value.JsonValue(JsonText.read(in, (int) in.unsigned(column.length())));
      case ColumnType.GEOMETRY -> Value.of(in.copy((int) in.unsigned(column.length())));
      case ColumnType.VECTOR -> vector(in, (int) in.unsigned(column.length()));
      case ColumnType.UUID -> MariaDbTypes.uuid(filled(column, in, in.u8()));
      case ColumnType.INET4 -> MariaDbTypes.inet4(filled(column, in, in.u8()));
      case ColumnType.INET6 -> MariaDbTypes.inet6(filled(column, in, in.u8()));
      case ColumnType.VARCHAR_COMPRESSED ->
          compressed(column, in, column.length() > 255 ? in.u16() : in.u8());
      case ColumnType.BLOB_COMPRESSED -> compressed(column, in, (int) in.unsigned(column.length()));
      default -> blob(column, in);
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
          case ColumnType.TIME -> 3 + (length + 1) / 2;
          case ColumnType.DATETIME -> 5 + (length + 1) / 2;
          case ColumnType.TIMESTAMP -> 4 + (length + 1) / 2;
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

  private static Value blob(Column column, ByteReader in) {
    if (ColumnType.isBlob(column.type())) {
      return varying(column, in, (int) in.unsigned(column.length()));
    }
    throw unsupported(column);
  }

  private static SourceException unsupported(Column column) {
    return new SourceException(
        "Column '" + column.name() + "' is " + ColumnType.name(column.type()) + ", not supported.");
  }

  private static Value integer(Column column, ByteReader in, int bytes) {
    return Value.of(column.unsigned() ? in.unsigned(bytes) : in.signed(bytes));
  }

  private static Value year(int stored) {
    return Value.of(stored == 0 ? 0 : 1900L + stored);
  }

  private static Value bits(int bits, ByteReader in) {
    long value = in.bigEndian((bits + 7) / 8);
    return bits == 64 ? new Value.UInt64Value(value) : Value.of(value);
  }

  private static Value label(Column column, int index) {
    return Value.of(index == 0 ? "" : column.labels().get(index - 1));
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

  private static Value fixed(Column column, ByteReader in, int length) {
    if (column.text() != null) {
      return varying(column, in, length);
    }
    return Value.of(filled(column, in, length));
  }

  /** The log drops the zeros at the end of BINARY(n). */
  private static byte[] filled(Column column, ByteReader in, int length) {
    byte[] bytes = new byte[column.length()];
    System.arraycopy(in.bytes, in.position, bytes, 0, length);
    in.position += length;
    return bytes;
  }

  private static Value varying(Column column, ByteReader in, int length) {
    MySqlCharsets.TextDecoder text = column.text();
    if (text == null) {
      return Value.of(in.copy(length));
    }
    String value = text.decode(in.bytes, in.position, length);
    in.position += length;
    return Value.of(value);
  }
}
