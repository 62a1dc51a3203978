package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Value;
import java.util.Arrays;

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
          ColumnType.STRING ->
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
      default -> blob(column, in);
    };
  }

  private static Value blob(Column column, ByteReader in) {
    if (ColumnType.isBlob(column.type())) {
      return varying(column, in, (int) in.unsigned(column.length()));
    }
    throw new SourceException(
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
    // The log drops the zeros at the end of BINARY(n).
    byte[] bytes = Arrays.copyOfRange(in.bytes, in.position, in.position + column.length());
    Arrays.fill(bytes, length, bytes.length, (byte) 0);
    in.position += length;
    return Value.of(bytes);
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
