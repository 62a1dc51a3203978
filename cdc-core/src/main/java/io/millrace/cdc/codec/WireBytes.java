package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Walks over protobuf's wire format in an array. Whatever is out of the ordinary ends in {@link
 * Unusual}: the generated messages look at it again. Used by one thread.
 */
final class WireBytes {
  /** Says no more than that the generated messages must look. */
  static final class Unusual extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Unusual() {
      super("not in the usual form", null, false, false);
    }
  }

  private static final int MOST_TAG = 1 << 21;

  private final byte[] bytes;
  private int at;

  /** Where the part that is read ends. */
  private int end;

  WireBytes(byte[] bytes) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  static Unusual unusual() {
    return new Unusual();
  }

  static void usual(boolean condition) {
    if (!condition) {
      throw new Unusual();
    }
  }

  boolean atEnd() {
    return at == end;
  }

  int position() {
    return at;
  }

  /** Enters the part that stands here; what {@link #leave} takes. */
  int enter() {
    int length = length();
    int outer = end;
    end = at + length;
    return outer;
  }

  void leave(int outer) {
    end = outer;
  }

  /** Field number and wire type. */
  int tag() {
    long tag = varint();
    usual(tag > 0 && tag < MOST_TAG);
    return (int) tag;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      usual(at < end);
      byte b = bytes[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new Unusual();
  }

  long zigzag() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Little-endian. */
  long fixed(int size) {
    usual(end - at >= size);
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (bytes[at + i] & 0xffL) << (8 * i);
    }
    at += size;
    return value;
  }

  /** A part's length, of which all is there. */
  private int length() {
    long length = varint();
    usual(length >= 0 && length <= end - at);
    return (int) length;
  }

  byte[] content() {
    int length = length();
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  String text() {
    int length = length();
    String text = new String(bytes, at, length, UTF_8);
    // May stand for what is no UTF-8.
    usual(text.indexOf('\ufffd') < 0);
    at += length;
    return text;
  }

  /** Passes a text that nobody asks for. */
  void skipText() {
    int before = at;
    int length = length();
    int until = at + length;
    while (at < until) {
      if (bytes[at++] < 0) {
        at = before;
        text();
        return;
      }
    }
  }

  /** Passes a text, and gives back a hash of it and of what came before. */
  int hashText(int hash) {
    int length = length();
    int until = at + length;
    int sum = 31 * hash + length;
    while (at < until) {
      sum = 31 * sum + bytes[at++];
    }
    return sum;
  }

  /** Passes a text, which must be this one, in UTF-8. */
  void expectText(byte[] text) {
    int length = length();
    usual(length == text.length && Arrays.equals(bytes, at, at + length, text, 0, length));
    at += length;
  }

  void skipRest() {
    at = end;
  }

  /** Goes back to where it was. */
  void back(int position) {
    at = position;
  }
}
