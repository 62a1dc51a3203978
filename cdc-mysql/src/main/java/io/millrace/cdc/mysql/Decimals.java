package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;

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
    byte[] text = new byte[precision + 3];
    int start = 0;
    if (negative) {
      text[start++] = '-';
    }
    int at = start;
    int rest = whole % DIGITS;
    if (rest > 0) {
      at = append(text, at, group(in, BYTES[rest], mask, flip));
      flip = 0;
    }
    for (int i = 0; i < whole / DIGITS; i++) {
      int value = group(in, 4, mask, flip);
      at = at == start ? append(text, at, value) : pad(text, at, value, DIGITS);
      flip = 0;
    }
    if (at == start) {
      text[at++] = '0';
    }
    if (scale > 0) {
      text[at++] = '.';
      for (int i = 0; i < scale / DIGITS; i++) {
        at = pad(text, at, group(in, 4, mask, flip), DIGITS);
        flip = 0;
      }
      int last = scale % DIGITS;
      if (last > 0) {
        at = pad(text, at, group(in, BYTES[last], mask, flip), last);
      }
    }
    return new Value.DecimalValue(new String(text, 0, at, StandardCharsets.ISO_8859_1));
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
  private static int append(byte[] text, int at, int value) {
    if (value == 0) {
      return at;
    }
    int width = 1;
    for (int rest = value / 10; rest > 0; rest /= 10) {
      width++;
    }
    return pad(text, at, value, width);
  }

  /** Writes so many digits and gives where they end. */
  private static int pad(byte[] text, int at, int value, int width) {
    int rest = value;
    for (int i = at + width - 1; i >= at; i--) {
      int next = rest / 10;
      text[i] = (byte) ('0' + rest - 10 * next);
      rest = next;
    }
    return at + width;
  }
}
