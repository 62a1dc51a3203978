package io.millrace.cdc.event;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.internal.Unicode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A 64-bit hash of a value's kind and exact content, the same in every process and release. It is
 * stored in users' databases, so what {@link #FORMAT} says never changes its meaning; another
 * algorithm is another format.
 *
 * <p>Format 1 is the first 8 bytes, most significant first, of the SHA-256 of the byte 1 followed
 * by the value. A value is the number of its kind in the contract ({@code null_value} 1 to {@code
 * raw_value} 18) as one byte and then its content; numbers are big-endian, a <em>text</em> is the
 * number of its UTF-8 bytes (4 bytes) and these bytes:
 *
 * <ul>
 *   <li>null: nothing; bool: 1 byte, 0 or 1
 *   <li>int64, uint64, date, time: 8 bytes (an int32 is hashed as the int64 of the same number);
 *       datetime, timestamp: seconds in 8, nanoseconds in 4
 *   <li>double, float: 8 or 4 bytes of IEEE 754, every NaN the canonical one, -0.0 not 0.0
 *   <li>decimal, string, json: a text; raw: its type and its text, two texts
 *   <li>bytes: as a text is, its length in 4 bytes first; uuid: 16 bytes
 *   <li>list: number of elements (4 bytes), the elements
 *   <li>document: 1 if partial else 0 (1 byte), number of fields (4 bytes), per field its name as a
 *       text and its value
 * </ul>
 *
 * <p>Why SHA-256 cut to 64 bits: a hash is compared with one other, so two different values pass
 * for the same once in 2^64; values come from users, and a fast hash would let them be chosen to
 * collide; anybody can compute it again from this page, in SQL too.
 */
public final class ValueHash {
  /** What is stored with the hashes: the format that {@link #of} makes. */
  public static final int FORMAT = 1;

  private final MessageDigest digest;
  private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

  private ValueHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException cause) {
      throw Invariant.broken("every Java has SHA-256: %s", cause);
    }
  }

  /**
   * The hash of a value in format {@link #FORMAT}. Fails with {@link EventException} where a text
   * holds half of a surrogate pair. Safe for any number of threads.
   */
  public static long of(Value value) {
    ValueHash hash = new ValueHash();
    hash.digest.update((byte) FORMAT);
    hash.add(value);
    return ByteBuffer.wrap(hash.digest.digest()).getLong();
  }

  private void add(Value value) {
    digest.update((byte) number(value.kind()));
    switch (value.kind()) {
      case NULL -> {}
      case BOOL -> digest.update((byte) (((Value.BoolValue) value).value() ? 1 : 0));
      case INT32 -> addLong(((Value.Int32Value) value).value());
      case INT64 -> addLong(((Value.Int64Value) value).value());
      case UINT64 -> addLong(((Value.UInt64Value) value).value());
      case DOUBLE -> addLong(Double.doubleToLongBits(((Value.DoubleValue) value).value()));
      case FLOAT -> addInt(Float.floatToIntBits(((Value.FloatValue) value).value()));
      case DECIMAL -> addText(((Value.DecimalValue) value).text());
      case STRING -> addText(((Value.StringValue) value).value());
      case BYTES -> addBytes(((Value.BytesValue) value).value());
      case DATE -> addLong(((Value.DateValue) value).epochDay());
      case TIME -> addLong(((Value.TimeValue) value).micros());
      case DATETIME -> {
        addLong(((Value.DateTimeValue) value).epochSecond());
        addInt(((Value.DateTimeValue) value).nano());
      }
      case TIMESTAMP -> {
        addLong(((Value.TimestampValue) value).epochSecond());
        addInt(((Value.TimestampValue) value).nano());
      }
      case UUID -> {
        addLong(((Value.UuidValue) value).value().getMostSignificantBits());
        addLong(((Value.UuidValue) value).value().getLeastSignificantBits());
      }
      case JSON -> addText(((Value.JsonValue) value).text());
      case LIST -> {
        addInt(((Value.ListValue) value).values().size());
        ((Value.ListValue) value).values().forEach(this::add);
      }
      case DOCUMENT -> addRow(((Value.DocumentValue) value).fields());
      case RAW -> {
        addText(((Value.RawValue) value).type());
        addText(((Value.RawValue) value).text());
      }
    }
  }

  /** Written out: a kind put between others must not renumber what is stored. */
  private static int number(Value.Kind kind) {
    return switch (kind) {
      case NULL -> 1;
      case BOOL -> 2;
      case INT32, INT64 -> 3;
      case UINT64 -> 4;
      case DOUBLE -> 5;
      case FLOAT -> 6;
      case DECIMAL -> 7;
      case STRING -> 8;
      case BYTES -> 9;
      case DATE -> 10;
      case TIME -> 11;
      case DATETIME -> 12;
      case TIMESTAMP -> 13;
      case UUID -> 14;
      case JSON -> 15;
      case LIST -> 16;
      case DOCUMENT -> 17;
      case RAW -> 18;
    };
  }

  private void addRow(Row row) {
    digest.update((byte) (row.partial() ? 1 : 0));
    addInt(row.size());
    for (int i = 0; i < row.size(); i++) {
      addText(row.name(i));
      add(row.value(i));
    }
  }

  private void addLong(long value) {
    number.putLong(0, value);
    digest.update(number.array(), 0, Long.BYTES);
  }

  private void addInt(int value) {
    number.putInt(0, value);
    digest.update(number.array(), 0, Integer.BYTES);
  }

  private void addText(String text) {
    int at = Unicode.loneSurrogate(text);
    if (at >= 0) {
      throw new EventException(
          "A text of "
              + text.length()
              + " characters holds half of a surrogate pair at character "
              + at
              + ", so it has no hash.");
    }
    addBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private void addBytes(byte[] bytes) {
    addInt(bytes.length);
    digest.update(bytes);
  }
}
