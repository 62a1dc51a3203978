package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** MySQL's binary JSON as the text that the server itself prints. */
final class JsonText {
  private static final int SMALL_OBJECT = 0;
  private static final int LARGE_OBJECT = 1;
  private static final int SMALL_ARRAY = 2;
  private static final int LARGE_ARRAY = 3;
  private static final int LITERAL = 4;
  private static final int INT16 = 5;
  private static final int UINT16 = 6;
  private static final int INT32 = 7;
  private static final int UINT32 = 8;
  private static final int INT64 = 9;
  private static final int UINT64 = 10;
  private static final int DOUBLE = 11;
  private static final int STRING = 12;
  private static final int OPAQUE = 15;

  /** The server writes an exponent outside these positions of the decimal point. */
  private static final int LEAST_PLAIN_POINT = -14;

  private static final int MOST_PLAIN_POINT = 15;

  /** A double holds any number of so many digits, and never needs more than the other. */
  private static final int SURE_DIGITS = 15;

  private static final int MOST_DIGITS = 17;
  private static final int FRACTION_BITS = 24;

  private final byte[] bytes;
  private final int end;
  private final StringBuilder text = new StringBuilder();

  private JsonText(byte[] bytes, int end) {
    this.bytes = bytes;
    this.end = end;
  }

  /** Reads a value; no bytes at all, which an ignored error leaves behind, are JSON's null. */
  static String read(ByteReader in, int length) {
    int start = in.position;
    in.position += length;
    if (length == 0) {
      return "null";
    }
    JsonText json = new JsonText(in.bytes, in.position);
    json.value(in.bytes[start], start + 1);
    return json.text.toString();
  }

  private ByteReader at(int position) {
    return new ByteReader(bytes, position, end);
  }

  private void value(int type, int position) {
    ByteReader in = at(position);
    switch (type) {
      case SMALL_OBJECT -> container(position, true, 2);
      case LARGE_OBJECT -> container(position, true, 4);
      case SMALL_ARRAY -> container(position, false, 2);
      case LARGE_ARRAY -> container(position, false, 4);
      case LITERAL -> text.append(in.u8() == 0 ? "null" : bytes[position] == 1 ? "true" : "false");
      case INT16 -> text.append(in.signed(2));
      case UINT16 -> text.append(in.u16());
      case INT32 -> text.append(in.signed(4));
      case UINT32 -> text.append(in.u32());
      case INT64 -> text.append(in.signed(8));
      case UINT64 -> text.append(Long.toUnsignedString(in.signed(8)));
      case DOUBLE -> number(Double.longBitsToDouble(in.signed(8)));
      case STRING -> quote(in.utf8(length(in)));
      case OPAQUE -> opaque(in);
      default -> throw new SourceException("JSON holds a value of unknown type " + type);
    }
  }

  /** Entries hold offsets from the container's start, or small values themselves. */
  private void container(int start, boolean object, int width) {
    ByteReader in = at(start);
    int count = (int) in.unsigned(width);
    in.position += width;
    int keys = in.position;
    int values = keys + (object ? count * (width + 2) : 0);
    text.append(object ? '{' : '[');
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        text.append(", ");
      }
      if (object) {
        in.position = keys + i * (width + 2);
        int offset = (int) in.unsigned(width);
        int length = in.u16();
        quote(at(start + offset).utf8(length));
        text.append(": ");
      }
      in.position = values + i * (width + 1);
      int type = in.u8();
      boolean inside =
          type == LITERAL
              || type == INT16
              || type == UINT16
              || (width == 4 && (type == INT32 || type == UINT32));
      value(type, inside ? in.position : start + (int) in.unsigned(width));
    }
    text.append(object ? '}' : ']');
  }

  /** Seven bits a byte, the lowest first. */
  private static int length(ByteReader in) {
    int length = 0;
    for (int shift = 0; ; shift += 7) {
      int b = in.u8();
      length |= (b & 0x7f) << shift;
      if ((b & 0x80) == 0) {
        return length;
      }
    }
  }

  private void opaque(ByteReader in) {
    int type = in.u8();
    int length = length(in);
    switch (type) {
      case ColumnType.DECIMAL -> {
        int precision = in.u8();
        text.append(Decimals.read(in, precision, in.u8()));
      }
      case ColumnType.DATE, ColumnType.DATETIME_OLD, ColumnType.TIMESTAMP_OLD ->
          dateTime(in.signed(8), type == ColumnType.DATE);
      case ColumnType.TIME_OLD -> time(in.signed(8));
      default ->
          text.append("\"base64:type")
              .append(type)
              .append(':')
              .append(Base64.getEncoder().encodeToString(in.copy(length)))
              .append('"');
    }
  }

  private void dateTime(long packed, boolean dateOnly) {
    long fields = packed >> FRACTION_BITS;
    long yearMonth = fields >> 22;
    pad(text.append('"'), yearMonth / 13, 4);
    pad(text.append('-'), yearMonth % 13, 2);
    pad(text.append('-'), fields >> 17 & 31, 2);
    if (!dateOnly) {
      text.append(' ');
      clock(fields >> 12 & 31, fields, packed);
    }
    text.append('"');
  }

  private void time(long packed) {
    long rest = Math.abs(packed);
    text.append(packed < 0 ? "\"-" : "\"");
    long fields = rest >> FRACTION_BITS;
    clock(fields >> 12 & 0x3ff, fields, rest);
    text.append('"');
  }

  private void clock(long hour, long fields, long packed) {
    pad(text, hour, hour > 99 ? 3 : 2);
    pad(text.append(':'), fields >> 6 & 63, 2);
    pad(text.append(':'), fields & 63, 2);
    pad(text.append('.'), packed & ((1L << FRACTION_BITS) - 1), 6);
  }

  private static void pad(StringBuilder to, long value, int width) {
    String digits = Long.toString(value);
    to.append("0".repeat(Math.max(0, width - digits.length()))).append(digits);
  }

  /** The shortest digits that give the number back, written as the server chooses to. */
  private void number(double value) {
    if (value == 0) {
      text.append(1 / value < 0 ? "-0.0" : "0.0");
      return;
    }
    BigDecimal number = shortest(value);
    int digits = number.precision();
    int point = digits - number.scale();
    if (point >= LEAST_PLAIN_POINT && (point <= MOST_PLAIN_POINT || digits > point)) {
      String plain = number.toPlainString();
      text.append(plain).append(plain.indexOf('.') < 0 ? ".0" : "");
      return;
    }
    String unscaled = number.unscaledValue().abs().toString();
    text.append(value < 0 ? "-" : "").append(unscaled.charAt(0));
    if (digits > 1) {
      text.append('.').append(unscaled, 1, digits);
    }
    text.append('e').append(point - 1);
  }

  private static BigDecimal shortest(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int digits = SURE_DIGITS; digits < MOST_DIGITS; digits++) {
      // Above a power of two there is more room than below: the nearest decimal may miss it.
      for (RoundingMode mode : List.of(RoundingMode.HALF_EVEN, RoundingMode.UP)) {
        BigDecimal rounded = exact.round(new MathContext(digits, mode));
        if (rounded.doubleValue() == value) {
          return rounded.stripTrailingZeros();
        }
      }
    }
    return exact.round(new MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN)).stripTrailingZeros();
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ') {
            text.append("\\u").append(HexFormat.of().toHexDigits(c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
