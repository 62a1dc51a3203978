package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Unicode;
import java.util.Arrays;

/**
 * Protobuf's wire format, written from its end to its beginning: what a part contains stands there
 * before the part's length and tag are written, so that nothing is measured first or kept in an
 * object of its own. What becomes {@linkplain Large large} is measured all the same, and then
 * written into an array of just its size: of tens of megabytes there is to be one copy, not three.
 * Used by one thread.
 */
final class BackwardBytes {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int FIXED32 = 5;

  private static final int USUAL_SIZE = 1024;

  /** From here on the platform's own encoder is quicker, though it makes an array. */
  private static final int LONG_TEXT = 64;

  /** Beyond this the encoder's array would be one copy too many. */
  private static final int LARGE_TEXT = 1 << 16;

  private static final int LARGEST = 1 << 20;

  /** So much was written that it should be measured first. */
  static final class Large extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Large() {
      super("large", null, false, false);
    }
  }

  private byte[] bytes;

  /** What is written begins here. */
  private int start;

  /** Nothing is kept but how much it is. */
  private final boolean measuring;

  private int measured;

  private BackwardBytes(int size, boolean measuring) {
    this.bytes = new byte[size];
    this.start = size;
    this.measuring = measuring;
  }

  /** For what is mostly small; throws {@link Large} where it is not. */
  static BackwardBytes usual() {
    return new BackwardBytes(USUAL_SIZE, false);
  }

  /** Only measures. */
  static BackwardBytes measure() {
    return new BackwardBytes(0, true);
  }

  /** For just so much. */
  static BackwardBytes ofSize(int size) {
    return new BackwardBytes(size, false);
  }

  /** How much is written. */
  int size() {
    return measuring ? measured : bytes.length - start;
  }

  /** What is written; to be asked last. */
  byte[] toBytes() {
    return start == 0 ? bytes : Arrays.copyOfRange(bytes, start, bytes.length);
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
      if (!room(1)) {
        return;
      }
      bytes[--start] = (byte) value;
      return;
    }
    int size = (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7;
    if (!room(size)) {
      return;
    }
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
    if (!room(size)) {
      return;
    }
    start -= size;
    for (int i = 0; i < size; i++) {
      bytes[start + i] = (byte) (value >>> (8 * i));
    }
  }

  void bigEndian(long value) {
    fixed(Long.reverseBytes(value), Long.BYTES);
  }

  void raw(byte[] content) {
    if (!room(content.length)) {
      return;
    }
    start -= content.length;
    System.arraycopy(content, 0, bytes, start, content.length);
  }

  /** Lower-case hexadecimal digits of the bytes. */
  void hex(byte[] content) {
    if (!room(2 * content.length)) {
      return;
    }
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
    if (length >= LONG_TEXT || measuring) {
      refuseHalves(text);
      if (length >= LARGE_TEXT || measuring) {
        largeText(text);
      } else {
        raw(text.getBytes(UTF_8));
      }
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

  private void largeText(String text) {
    int size = sizeInUtf8(text);
    if (!room(size)) {
      return;
    }
    start -= size;
    int at = start;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes[at++] = (byte) c;
      } else if (c < 0x800) {
        bytes[at++] = (byte) (0xc0 | c >> 6);
        bytes[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (Character.isSurrogate(c)) {
        int point = Character.toCodePoint(c, text.charAt(++i));
        bytes[at++] = (byte) (0xf0 | point >> 18);
        bytes[at++] = (byte) (0x80 | (point >> 12 & 0x3f));
        bytes[at++] = (byte) (0x80 | (point >> 6 & 0x3f));
        bytes[at++] = (byte) (0x80 | (point & 0x3f));
      } else {
        bytes[at++] = (byte) (0xe0 | c >> 12);
        bytes[at++] = (byte) (0x80 | (c >> 6 & 0x3f));
        bytes[at++] = (byte) (0x80 | (c & 0x3f));
      }
    }
  }

  /** Of text without half surrogate pairs. */
  private static int sizeInUtf8(String text) {
    long size = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        // The two halves of a pair are two characters and four bytes.
        size += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return Math.toIntExact(size);
  }

  static void refuseHalves(String text) {
    int at = Unicode.loneSurrogate(text);
    if (at >= 0) {
      Check.argument(
          false, "a text of %s characters has half a surrogate pair at %s", text.length(), at);
    }
  }

  /** Makes room for so many more bytes; false where they are only counted. */
  private boolean room(int size) {
    if (measuring) {
      measured = Math.addExact(measured, size);
      return false;
    }
    if (size > start) {
      int used = size();
      if (size > LARGEST - used) {
        throw new Large();
      }
      int larger = Math.max(used + size, 2 * used);
      byte[] grown = new byte[larger];
      System.arraycopy(bytes, start, grown, larger - used, used);
      bytes = grown;
      start = larger - used;
    }
    return true;
  }
}
