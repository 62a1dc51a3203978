package io.millrace.cdc.mongo;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bson.RawBsonDocument;

/** Where things lie in BSON bytes. Source: bsonspec.org, version 1.1. */
final class BsonBytes {
  static final int DOUBLE = 0x01;
  static final int STRING = 0x02;
  static final int DOCUMENT = 0x03;
  static final int ARRAY = 0x04;
  static final int BINARY = 0x05;
  static final int UNDEFINED = 0x06;
  static final int OBJECT_ID = 0x07;
  static final int BOOLEAN = 0x08;
  static final int DATE = 0x09;
  static final int NULL = 0x0a;
  static final int REGEX = 0x0b;
  static final int DB_POINTER = 0x0c;
  static final int JAVASCRIPT = 0x0d;
  static final int SYMBOL = 0x0e;
  static final int JAVASCRIPT_WITH_SCOPE = 0x0f;
  static final int INT32 = 0x10;
  static final int TIMESTAMP = 0x11;
  static final int INT64 = 0x12;
  static final int DECIMAL128 = 0x13;
  static final int MIN_KEY = 0xff;
  static final int MAX_KEY = 0x7f;

  private static final int OBJECT_ID_BYTES = 12;
  private static final int DECIMAL_BYTES = 16;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private BsonBytes() {}

  /**
   * A document's bytes.
   *
   * @param start where its length stands
   */
  record Slice(byte[] bytes, int start) {
    /** Without a copy where the driver keeps an array, as it does. */
    static Slice of(RawBsonDocument document) {
      ByteBuffer buffer = document.getByteBuffer().asNIO();
      if (buffer.hasArray()) {
        return new Slice(buffer.array(), buffer.arrayOffset() + buffer.position());
      }
      byte[] copy = new byte[buffer.remaining()];
      buffer.get(copy);
      return new Slice(copy, 0);
    }
  }

  static int int32(byte[] bytes, int at) {
    return (int) INTS.get(bytes, at);
  }

  static void putInt32(byte[] bytes, int at, int value) {
    INTS.set(bytes, at, value);
  }

  static long int64(byte[] bytes, int at) {
    return (long) LONGS.get(bytes, at);
  }

  static int type(byte[] bytes, int at) {
    return bytes[at] & 0xff;
  }

  /** The index of the zero that ends a name. */
  static int endOfName(byte[] bytes, int at) {
    int end = at;
    while (bytes[end] != 0) {
      end++;
    }
    return end;
  }

  /** The index after a value. */
  static int skip(byte[] bytes, int type, int at) {
    return switch (type) {
      case NULL, UNDEFINED, MIN_KEY, MAX_KEY -> at;
      case BOOLEAN -> at + 1;
      case INT32 -> at + Integer.BYTES;
      case DOUBLE, DATE, TIMESTAMP, INT64 -> at + Long.BYTES;
      case OBJECT_ID -> at + OBJECT_ID_BYTES;
      case DECIMAL128 -> at + DECIMAL_BYTES;
      case STRING, JAVASCRIPT, SYMBOL -> at + Integer.BYTES + int32(bytes, at);
      case DOCUMENT, ARRAY, JAVASCRIPT_WITH_SCOPE -> at + int32(bytes, at);
      case BINARY -> at + Integer.BYTES + 1 + int32(bytes, at);
      case DB_POINTER -> at + Integer.BYTES + int32(bytes, at) + OBJECT_ID_BYTES;
      case REGEX -> endOfName(bytes, endOfName(bytes, at) + 1) + 1;
      default ->
          throw new IllegalArgumentException(
              "BSON type 0x" + Integer.toHexString(type) + " is not known to this library");
    };
  }

  /**
   * Where the value of a document's field lies; -1 where it has no such field.
   *
   * @param name in ASCII
   */
  static int value(byte[] bytes, int start, String name) {
    int at = start + Integer.BYTES;
    for (int type = type(bytes, at); type != 0; type = type(bytes, at)) {
      int end = endOfName(bytes, at + 1);
      if (isName(bytes, at + 1, end, name)) {
        return end + 1;
      }
      at = skip(bytes, type, end + 1);
    }
    return -1;
  }

  /** Text between two places. */
  static String text(byte[] bytes, int start, int end) {
    return new String(bytes, start, end - start, StandardCharsets.UTF_8);
  }

  /** The content of a binary value, whatever its kind. */
  static byte[] binary(byte[] bytes, int at) {
    int start = at + Integer.BYTES + 1;
    return Arrays.copyOfRange(bytes, start, start + int32(bytes, at));
  }

  /** Whether a name in the bytes is that ASCII text. */
  static boolean isName(byte[] bytes, int start, int end, String name) {
    if (end - start != name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      if (bytes[start + i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
