package io.millrace.cdc.mysql;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Text of UTF-8 bytes. What is Western European, which is most that is not ASCII, is turned into
 * the form that the JVM keeps it in, eight characters at a time; the JVM takes longer over it.
 * Strictness is the caller's. Used by one thread.
 */
final class Utf8Text {
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080_8080_8080_8080L;
  private static final int MOST = 1024;

  private final byte[] latin = new byte[MOST];

  /** The text; bytes that are no UTF-8 become U+FFFD. */
  String of(byte[] bytes, int offset, int length) {
    int to = length > MOST ? -1 : latin(bytes, offset, offset + length);
    return to < 0
        ? new String(bytes, offset, length, StandardCharsets.UTF_8)
        : new String(latin, 0, to, StandardCharsets.ISO_8859_1);
  }

  /** Writes the text as Latin-1 and gives its length; -1 where there is more in it. */
  private int latin(byte[] bytes, int from, int end) {
    int to = 0;
    int at = from;
    while (at < end) {
      while (end - at >= Long.BYTES) {
        long eight = (long) INT64.get(bytes, at);
        if ((eight & NOT_ASCII) != 0) {
          break;
        }
        INT64.set(latin, to, eight);
        at += Long.BYTES;
        to += Long.BYTES;
      }
      int stop = Math.min(end, at + Long.BYTES);
      while (at < stop) {
        int b = bytes[at++];
        if (b < 0) {
          // U+0080 to U+00FF begin with 0xc2 or 0xc3 and one byte follows.
          if ((b & 0xfe) != 0xc2 || at == end || (bytes[at] & 0xc0) != 0x80) {
            return -1;
          }
          b = (b & 3) << 6 | (bytes[at++] & 0x3f);
        }
        latin[to++] = (byte) b;
      }
    }
    return to;
  }
}
