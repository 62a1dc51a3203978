package io.millrace.cdc.mysql;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over bytes of the binary log: little-endian integers, packed lengths. Not thread-safe.
 */
final class ByteReader {
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  final byte[] bytes;
  int position;
  final int end;

  ByteReader(byte[] bytes, int position, int end) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  boolean hasMore() {
    return position < end;
  }

  int remaining() {
    return end - position;
  }

  int u8() {
    return bytes[position++] & 0xff;
  }

  int u16() {
    return u8() | u8() << 8;
  }

  /** Little-endian with sign, four bytes. */
  int s32() {
    int value = int32(bytes, position);
    position += 4;
    return value;
  }

  long u32() {
    return s32() & 0xffff_ffffL;
  }

  /** Little-endian with sign, eight bytes. */
  long s64() {
    long value = int64(bytes, position);
    position += 8;
    return value;
  }

  /** Little-endian with sign, eight bytes of an array. */
  static long int64(byte[] bytes, int at) {
    return (long) INT64.get(bytes, at);
  }

  /** Little-endian with sign, four bytes of an array. */
  static int int32(byte[] bytes, int at) {
    return (int) INT32.get(bytes, at);
  }

  /** Little-endian, up to 8 bytes. */
  long unsigned(int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (bytes[position + i] & 0xffL) << (8 * i);
    }
    position += length;
    return value;
  }

  /** Little-endian with sign, up to 8 bytes. */
  long signed(int length) {
    int shift = 64 - 8 * length;
    return unsigned(length) << shift >> shift;
  }

  /** Big-endian, up to 8 bytes. */
  long bigEndian(int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      value = value << 8 | (bytes[position + i] & 0xffL);
    }
    position += length;
    return value;
  }

  /** A length-encoded integer. */
  int packed() {
    int first = u8();
    return switch (first) {
      case 252 -> u16();
      case 253 -> (int) unsigned(3);
      case 254 -> Math.toIntExact(unsigned(8));
      default -> first;
    };
  }

  /** Of MySQL's own serialization: the number of low one bits is the number of bytes to come. */
  long varint() {
    int first = u8();
    int more = Integer.numberOfTrailingZeros(~first);
    if (more >= 8) {
      return unsigned(8);
    }
    long rest = (long) first >>> (more + 1);
    int shift = 7 - more;
    return rest | unsigned(more) << shift;
  }

  String utf8(int length) {
    String text = new String(bytes, position, length, StandardCharsets.UTF_8);
    position += length;
    return text;
  }

  byte[] copy(int length) {
    byte[] copy = new byte[length];
    System.arraycopy(bytes, position, copy, 0, length);
    position += length;
    return copy;
  }
}
