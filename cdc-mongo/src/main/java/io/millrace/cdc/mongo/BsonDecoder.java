package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.io.BasicOutputBuffer;
import org.bson.json.JsonMode;
import org.bson.json.JsonReader;
import org.bson.json.JsonWriterSettings;
import org.bson.types.Decimal128;
import org.jspecify.annotations.Nullable;

/**
 * BSON bytes as values, without a loss. Used by one thread.
 *
 * <p>What the contract has no kind for is a raw value: type {@code mongo:objectId} with 24
 * hexadecimal digits, or {@code mongo:} and the type's name in extended JSON with the canonical
 * extended JSON of the value ({@code mongo:regularExpression}, {@code mongo:minKey}, …).
 */
final class BsonDecoder {
  /** Type of a raw value that holds an ObjectId's 24 hexadecimal digits. */
  static final String OBJECT_ID = "mongo:objectId";

  /** Begins the type of every raw value of MongoDB. */
  static final String PREFIX = "mongo:";

  /** Type of a raw value that holds the bytes, in hexadecimal, of a string that is no UTF-8. */
  static final String MALFORMED_STRING = "mongo:malformedString";

  private static final int GENERIC_BINARY = 0;
  private static final int UUID_BINARY = 4;
  private static final int MILLIS = 1000;
  private static final int NANOS_PER_MILLI = 1_000_000;
  private static final int OBJECT_ID_BYTES = 12;
  private static final char REPLACEMENT = '\ufffd';
  private static final JsonWriterSettings EXTENDED =
      JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();
  private static final Value TRUE = Value.of(true);
  private static final Value FALSE = Value.of(false);

  private final Shapes shapes = new Shapes();

  /**
   * A document's fields.
   *
   * @param start where its length stands
   * @throws IllegalArgumentException where a field comes twice or a type is unknown
   */
  Row row(byte[] bytes, int start) {
    Shapes.Shape likely = shapes.likely(bytes, start);
    Row row = likely == null ? null : as(likely, bytes, start);
    if (row != null) {
      return row;
    }
    return Objects.requireNonNull(as(shapes.of(bytes, start), bytes, start));
  }

  /** The fields of a document of a shape; null where it has another one. */
  private @Nullable Row as(Shapes.Shape shape, byte[] bytes, int start) {
    Value[] values = new Value[shape.utf8().length];
    int at = start + Integer.BYTES;
    for (int i = 0; i < values.length; i++) {
      int type = BsonBytes.type(bytes, at);
      if (type == 0 || !shape.has(i, bytes, at + 1)) {
        return null;
      }
      at += 1 + shape.utf8()[i].length + 1;
      values[i] = value(bytes, type, at);
      at = BsonBytes.skip(bytes, type, at);
    }
    return BsonBytes.type(bytes, at) == 0 ? Row.wrap(shape.names(), values, false) : null;
  }

  /**
   * The value of one field of a document.
   *
   * @throws IllegalArgumentException where there is none
   */
  Value field(byte[] bytes, int start, String name) {
    int at = start + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int end = BsonBytes.endOfName(bytes, at + 1);
      if (BsonBytes.isName(bytes, at + 1, end, name)) {
        return value(bytes, type, end + 1);
      }
      at = BsonBytes.skip(bytes, type, end + 1);
    }
    throw new IllegalArgumentException("a document without " + name);
  }

  /** The value that lies at an index. */
  Value value(byte[] bytes, int type, int at) {
    return switch (type) {
      case BsonBytes.NULL -> Value.NULL;
      case BsonBytes.BOOLEAN -> bytes[at] == 0 ? FALSE : TRUE;
      case BsonBytes.INT32 -> new Value.Int32Value(BsonBytes.int32(bytes, at));
      case BsonBytes.INT64 -> new Value.Int64Value(BsonBytes.int64(bytes, at));
      case BsonBytes.DOUBLE ->
          new Value.DoubleValue(Double.longBitsToDouble(BsonBytes.int64(bytes, at)));
      case BsonBytes.DECIMAL128 -> decimal(bytes, at);
      case BsonBytes.STRING -> string(bytes, at);
      case BsonBytes.OBJECT_ID ->
          new Value.RawValue(OBJECT_ID, HexFormat.of().formatHex(bytes, at, at + OBJECT_ID_BYTES));
      case BsonBytes.DATE -> date(BsonBytes.int64(bytes, at));
      case BsonBytes.BINARY -> binary(bytes, at);
      case BsonBytes.ARRAY -> list(bytes, at);
      case BsonBytes.DOCUMENT -> document(bytes, at);
      default -> raw(bytes, type, at);
    };
  }

  /** A date as it is read. */
  static Value date(long millis) {
    return new Value.TimestampValue(
        Math.floorDiv(millis, MILLIS), Math.floorMod(millis, MILLIS) * NANOS_PER_MILLI);
  }

  private static Value decimal(byte[] bytes, int at) {
    return decimal(
        Decimal128.fromIEEE754BIDEncoding(
            BsonBytes.int64(bytes, at + Long.BYTES), BsonBytes.int64(bytes, at)));
  }

  /** A number as it is read. */
  static Value decimal(Decimal128 number) {
    if (number.isNaN()) {
      return new Value.DecimalValue("NaN");
    }
    if (number.isInfinite()) {
      return new Value.DecimalValue(number.isNegative() ? "-Infinity" : "Infinity");
    }
    if (number.isNegative()) {
      // A BigDecimal has no negative zero.
      BigDecimal positive =
          Decimal128.fromIEEE754BIDEncoding(number.getHigh() & Long.MAX_VALUE, number.getLow())
              .bigDecimalValue();
      return new Value.DecimalValue("-" + positive.toPlainString());
    }
    return Value.DecimalValue.of(number.bigDecimalValue());
  }

  /** Bytes that are no UTF-8 stay visible as bytes: no character is put in their place. */
  private static Value string(byte[] bytes, int at) {
    int length = BsonBytes.int32(bytes, at) - 1;
    int start = at + Integer.BYTES;
    String text = new String(bytes, start, length, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) {
      byte[] again = text.getBytes(StandardCharsets.UTF_8);
      if (!Arrays.equals(again, 0, again.length, bytes, start, start + length)) {
        return new Value.RawValue(
            MALFORMED_STRING, HexFormat.of().formatHex(bytes, start, start + length));
      }
    }
    return new Value.StringValue(text);
  }

  private static Value binary(byte[] bytes, int at) {
    int length = BsonBytes.int32(bytes, at);
    int subtype = bytes[at + Integer.BYTES] & 0xff;
    int start = at + Integer.BYTES + 1;
    if (subtype == GENERIC_BINARY) {
      return new Value.BytesValue(Arrays.copyOfRange(bytes, start, start + length));
    }
    if (subtype == UUID_BINARY && length == 16) {
      ByteBuffer uuid = ByteBuffer.wrap(bytes, start, length);
      return new Value.UuidValue(new UUID(uuid.getLong(), uuid.getLong()));
    }
    return raw(bytes, BsonBytes.BINARY, at);
  }

  private Value list(byte[] bytes, int start) {
    List<Value> values = new ArrayList<>();
    int at = start + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      at = BsonBytes.endOfName(bytes, at + 1) + 1;
      values.add(value(bytes, type, at));
      at = BsonBytes.skip(bytes, type, at);
    }
    return new Value.ListValue(values);
  }

  private Value document(byte[] bytes, int start) {
    try {
      return new Value.DocumentValue(row(bytes, start));
    } catch (Shapes.MalformedName e) {
      throw e; // nor could it be printed
    } catch (IllegalArgumentException e) {
      return raw(bytes, BsonBytes.DOCUMENT, start); // a field comes twice
    }
  }

  /** A document of one field around the value, which the driver's library reads and prints. */
  private static Value raw(byte[] bytes, int type, int at) {
    int end = BsonBytes.skip(bytes, type, at);
    int length = Integer.BYTES + 3 + (end - at) + 1;
    byte[] wrapped = new byte[length];
    wrapped[0] = (byte) length;
    wrapped[1] = (byte) (length >>> 8);
    wrapped[2] = (byte) (length >>> 16);
    wrapped[3] = (byte) (length >>> 24);
    wrapped[4] = (byte) type;
    wrapped[5] = 'v';
    System.arraycopy(bytes, at, wrapped, Integer.BYTES + 3, end - at);
    RawBsonDocument document = new RawBsonDocument(wrapped);
    String json = document.toJson(EXTENDED);
    String text = json.substring(json.indexOf(':') + 1, json.lastIndexOf('}')).strip();
    return new Value.RawValue(PREFIX + name(type), text);
  }

  /** As extended JSON names the type. */
  private static String name(int type) {
    return switch (type) {
      case BsonBytes.UNDEFINED -> "undefined";
      case BsonBytes.REGEX -> "regularExpression";
      case BsonBytes.DB_POINTER -> "dbPointer";
      case BsonBytes.JAVASCRIPT -> "code";
      case BsonBytes.SYMBOL -> "symbol";
      case BsonBytes.JAVASCRIPT_WITH_SCOPE -> "codeWithScope";
      case BsonBytes.TIMESTAMP -> "timestamp";
      case BsonBytes.MIN_KEY -> "minKey";
      case BsonBytes.MAX_KEY -> "maxKey";
      case BsonBytes.BINARY -> "binary";
      case BsonBytes.DOCUMENT -> "document";
      default -> "type" + type;
    };
  }

  /**
   * The document that a raw value's text stands in, for the way back: as bytes, since a document of
   * names has no place for one that comes twice.
   */
  static BsonDocument wrapped(String extendedJson) {
    BasicOutputBuffer bytes = new BasicOutputBuffer();
    try (JsonReader reader = new JsonReader("{\"v\": " + extendedJson + "}");
        BsonBinaryWriter writer = new BsonBinaryWriter(bytes)) {
      writer.pipe(reader);
    }
    return new RawBsonDocument(bytes.getInternalBuffer(), 0, bytes.getPosition());
  }
}
