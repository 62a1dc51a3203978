package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Value;

/** The server's packed decimals: nine digits in four bytes, big-endian, sign in the first bit. */
final class Decimals {
  private static final int DIGITS = 9;
  private static final int[] BYTES = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

  private Decimals() {}

  /** Reads one, scale kept. */
  static Value read(ByteReader in, int precision, int scale) {
    int whole = precision - scale;
    boolean negative = (in.bytes[in.position] & 0x80) == 0;
    int mask = negative ? 0xff : 0;
    int flip = 0x80; // of the first byte only
    StringBuilder text = new StringBuilder(precision + 3);
    if (negative) {
      text.append('-');
    }
    int start = text.length();
    int rest = whole % DIGITS;
    if (rest > 0) {
      append(text, group(in, BYTES[rest], mask, flip), 0, text.length() == start);
      flip = 0;
    }
    for (int i = 0; i < whole / DIGITS; i++) {
      append(text, group(in, 4, mask, flip), DIGITS, text.length() == start);
      flip = 0;
    }
    if (text.length() == start) {
      text.append('0');
    }
    if (scale > 0) {
      text.append('.');
      for (int i = 0; i < scale / DIGITS; i++) {
        pad(text, group(in, 4, mask, flip), DIGITS);
        flip = 0;
      }
      int last = scale % DIGITS;
      if (last > 0) {
        pad(text, group(in, BYTES[last], mask, flip), last);
      }
    }
    return new Value.DecimalValue(text.toString());
  }

  /** How many bytes one takes. */
  static int length(int precision, int scale) {
    int whole = precision - scale;
    return whole / DIGITS * 4 + BYTES[whole % DIGITS] + scale / DIGITS * 4 + BYTES[scale % DIGITS];
  }

  private static int group(ByteReader in, int length, int mask, int flip) {
    int value = 0;
    for (int i = 0; i < length; i++) {
      int b = in.u8() ^ mask;
      value = value << 8 | ((i == 0 ? b ^ flip : b) & 0xff);
    }
    return value;
  }

  /** Leading zeros of the number are not written. */
  private static void append(StringBuilder text, int value, int width, boolean leading) {
    if (leading) {
      if (value != 0) {
        text.append(value);
      }
    } else {
      pad(text, value, width);
    }
  }

  private static void pad(StringBuilder text, int value, int width) {
    int at = text.length();
    int rest = value;
    text.setLength(at + width);
    for (int i = at + width - 1; i >= at; i--) {
      text.setCharAt(i, (char) ('0' + rest % 10));
      rest /= 10;
    }
  }
}
