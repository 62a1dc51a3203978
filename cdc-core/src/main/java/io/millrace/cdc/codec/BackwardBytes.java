package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Unicode;
import java.util.Arrays;

/**
 * Protobuf's wire format, written from its end to its beginning: what a part contains stands there
 * before the part's length and tag are written, so that nothing is measured first or kept in an
 * object of its own. Used by one thread.
 */
final class BackwardBytes {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int FIXED32 = 5;

  private static final int USUAL_SIZE = 1024;

  /** From here on the platform's own encoder is quicker, though it makes an array. */
  private static final int LONG_TEXT = 64;

  private byte[] bytes = new byte[USUAL_SIZE];

  /** What is written begins here. */
  private int start = USUAL_SIZE;

  /** How much is written. */
  int size() {
    return bytes.length - start;
  }

  /** What is written. */
  byte[] toBytes() {
    return Arrays.copyOfRange(bytes, start, bytes.length);
  }

  void tag(int field, int wireType) {
    varint(((long) field << 3) | wireType);
  }

  /** Ends a part whose content was written after there were {@code sizeBefore} bytes. */
  void part(int field, int sizeBefore) {
    varint(size() - sizeBefore);
    tag(field, LENGTH);
  }

  void varint(long value) {
    if (value >= 0 && value < 0x80) {
      room(1);
      bytes[--start] = (byte) value;
      return;
    }
    int size = (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7;
    room(size);
    start -= size;
    int at = start;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[at] = (byte) rest;
  }

  /** A signed number whose small negative values are short. */
  void zigzag(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  void fixed(long value, int size) {
    room(size);
    start -= size;
    for (int i = 0; i < size; i++) {
      bytes[start + i] = (byte) (value >>> (8 * i));
    }
  }

  void bigEndian(long value) {
    fixed(Long.reverseBytes(value), Long.BYTES);
  }

  void raw(byte[] content) {
    room(content.length);
    start -= content.length;
    System.arraycopy(content, 0, bytes, start, content.length);
  }

  /** Lower-case hexadecimal digits of the bytes. */
  void hex(byte[] content) {
    room(2 * content.length);
    for (int i = content.length - 1; i >= 0; i--) {
      bytes[--start] = digit(content[i]);
      bytes[--start] = digit(content[i] >> 4);
    }
  }

  private static byte digit(int nibble) {
    return (byte) Character.forDigit(nibble & 0xf, 16);
  }

  /** A field of text, an empty one included. */
  void text(int field, String text) {
    int before = size();
    text(text);
    part(field, before);
  }

  /** A field of text, left out where it is empty. */
  void textUnlessEmpty(int field, String text) {
    if (!text.isEmpty()) {
      text(field, text);
    }
  }

  /** Text in UTF-8; IllegalArgumentException where it holds half of a surrogate pair. */
  void text(String text) {
    int length = text.length();
    if (length >= LONG_TEXT) {
      refuseHalves(text);
      raw(text.getBytes(UTF_8));
      return;
    }
    room(length);
    int at = start;
    int i = length - 1;
    for (; i >= 0; i--) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        break;
      }
      bytes[--at] = (byte) c;
    }
    start = at;
    if (i >= 0) {
      refuseHalves(text);
      raw(text.substring(0, i + 1).getBytes(UTF_8));
    }
  }

  static void refuseHalves(String text) {
    int at = Unicode.loneSurrogate(text);
    if (at >= 0) {
      Check.argument(
          false, "a text of %s characters has half a surrogate pair at %s", text.length(), at);
    }
  }

  private void room(int size) {
    if (size > start) {
      int used = size();
      int larger =
          Math.max(Math.addExact(used, size), used > Integer.MAX_VALUE / 2 ? used : 2 * used);
      byte[] grown = new byte[larger];
      System.arraycopy(bytes, start, grown, larger - used, used);
      bytes = grown;
      start = larger - used;
    }
  }
}
