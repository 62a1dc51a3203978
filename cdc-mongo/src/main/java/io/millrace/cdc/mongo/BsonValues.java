package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/**
 * Values as MongoDB stores them: the way back of {@link BsonDecoder}, which it undoes exactly.
 *
 * <p>What other databases have and MongoDB has not: an unsigned integer above 2^63 becomes a
 * Decimal128; a day, and a time without a zone, an instant as if in UTC; a time of day its text;
 * JSON its text. Instants round to milliseconds.
 */
final class BsonValues {
  private static final int NANO_DIGITS = 9;
  private static final int MILLI_DIGITS = 3;
  private static final long MILLIS_PER_DAY = 86_400_000L;

  private BsonValues() {}

  /** Fails with {@link IllegalArgumentException} where a value does not fit. */
  static BsonValue of(Value value) {
    return switch (value.kind()) {
      case NULL -> BsonNull.VALUE;
      case BOOL -> BsonBoolean.valueOf(((Value.BoolValue) value).value());
      case INT32 -> new BsonInt32(((Value.Int32Value) value).value());
      case INT64 -> new BsonInt64(((Value.Int64Value) value).value());
      case UINT64 -> unsigned(((Value.UInt64Value) value).value());
      case DOUBLE -> new BsonDouble(((Value.DoubleValue) value).value());
      case FLOAT -> new BsonDouble(Double.parseDouble(value.toString()));
      case DECIMAL -> decimal(((Value.DecimalValue) value).text());
      case STRING -> new BsonString(((Value.StringValue) value).value());
      case BYTES -> new BsonBinary(((Value.BytesValue) value).value());
      case DATE ->
          new BsonDateTime(
              Math.multiplyExact(((Value.DateValue) value).epochDay(), MILLIS_PER_DAY));
      case TIME -> new BsonString(value.toString());
      case DATETIME -> {
        Value.DateTimeValue time = (Value.DateTimeValue) value;
        yield instant(time.epochSecond(), time.nano());
      }
      case TIMESTAMP -> {
        Value.TimestampValue time = (Value.TimestampValue) value;
        yield instant(time.epochSecond(), time.nano());
      }
      case UUID -> uuid(((Value.UuidValue) value).value());
      case JSON -> new BsonString(((Value.JsonValue) value).text());
      case LIST -> {
        BsonArray array = new BsonArray();
        ((Value.ListValue) value).values().forEach(element -> array.add(of(element)));
        yield array;
      }
      case DOCUMENT -> document(((Value.DocumentValue) value).fields());
      case RAW -> raw((Value.RawValue) value);
    };
  }

  /** A row's fields, in order. */
  static BsonDocument document(Row row) {
    BsonDocument document = new BsonDocument(row.size() * 2);
    for (int i = 0; i < row.size(); i++) {
      document.append(row.name(i), of(row.value(i)));
    }
    return document;
  }

  private static BsonValue unsigned(long bits) {
    return bits >= 0
        ? new BsonInt64(bits)
        : new BsonDecimal128(Decimal128.parse(Long.toUnsignedString(bits)));
  }

  private static BsonValue decimal(String text) {
    Decimal128 number;
    try {
      number = Decimal128.parse(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "a Decimal128 holds 34 digits, the decimal " + text + " has more", e);
    }
    return new BsonDecimal128(number);
  }

  private static BsonValue instant(long second, int nano) {
    BigDecimal seconds =
        BigDecimal.valueOf(second)
            .add(BigDecimal.valueOf(nano, NANO_DIGITS))
            .setScale(MILLI_DIGITS, RoundingMode.HALF_UP);
    return new BsonDateTime(seconds.unscaledValue().longValueExact());
  }

  private static BsonValue uuid(UUID uuid) {
    return new BsonBinary(uuid);
  }

  private static BsonValue raw(Value.RawValue raw) {
    if (raw.type().equals(BsonDecoder.OBJECT_ID)) {
      return new BsonObjectId(new ObjectId(raw.text()));
    }
    if (raw.type().equals(BsonDecoder.MALFORMED_STRING)) {
      throw new IllegalArgumentException(
          "a string of bytes that are no UTF-8 cannot be written: "
              + raw.text().substring(0, Math.min(raw.text().length(), 40)));
    }
    if (raw.type().startsWith(BsonDecoder.PREFIX)) {
      BsonValue value = BsonDecoder.wrapped(raw.text()).get("v");
      if (value == null) {
        throw new IllegalArgumentException("no value in " + raw);
      }
      return value;
    }
    return new BsonString(raw.text());
  }
}
