package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.math.BigDecimal;
import java.util.function.Function;
import org.bson.BSONException;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.json.JsonParseException;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/** What a value will be when it is read again from where it is about to be stored. */
final class StoredForm {
  private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();

  private final BsonDecoder decoder = new BsonDecoder();

  /**
   * Fails with {@link IllegalArgumentException} or {@link ArithmeticException} where a value does
   * not fit.
   *
   * @param type what the mapping asks for; null where the value says
   */
  Value of(Value value, @Nullable BsonType type) {
    if (value.isNull()) {
      return value;
    }
    if (type != null) {
      return read(typed(value, type));
    }
    return switch (value.kind()) {
      case NULL, BOOL, INT32, INT64, DOUBLE, STRING, BYTES, UUID -> value;
      case UINT64, FLOAT, DECIMAL, DATE, TIME, DATETIME, TIMESTAMP, JSON, LIST, DOCUMENT, RAW ->
          read(BsonValues.of(value));
    };
  }

  private Value read(BsonValue stored) {
    if (stored instanceof BsonDecimal128 number) {
      return BsonDecoder.decimal(number.getValue());
    }
    if (stored instanceof BsonDateTime time) {
      return BsonDecoder.date(time.getValue());
    }
    return row(new RawBsonDocument(new BsonDocument("v", stored), CODEC)).value(0);
  }

  /** A document's fields. */
  Row row(RawBsonDocument document) {
    BsonBytes.Slice slice = BsonBytes.Slice.of(document);
    return decoder.row(slice.bytes(), slice.start());
  }

  private static BsonValue typed(Value value, BsonType type) {
    return switch (type) {
      case BOOLEAN -> bool(value);
      case INT32 -> new BsonInt32(number(value).intValueExact());
      case INT64 -> new BsonInt64(number(value).longValueExact());
      case DOUBLE -> real(value);
      case DECIMAL128 -> decimal(value);
      case STRING -> new BsonString(text(value));
      case OBJECT_ID -> new BsonObjectId(new ObjectId(text(value)));
      case DOCUMENT ->
          isText(value) ? parsed(value, BsonDocument::parse) : only(BsonValues.of(value), type);
      case ARRAY ->
          isText(value) ? parsed(value, BsonArray::parse) : only(BsonValues.of(value), type);
      default -> throw new IllegalArgumentException("nothing is converted to " + type);
    };
  }

  private static BsonValue parsed(Value value, Function<String, BsonValue> parser) {
    try {
      return parser.apply(text(value));
    } catch (JsonParseException | BSONException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static boolean isText(Value value) {
    return value instanceof Value.JsonValue || value instanceof Value.StringValue;
  }

  private static BsonValue only(BsonValue value, BsonType type) {
    if (value.getBsonType() != type) {
      throw new IllegalArgumentException(value.getBsonType() + " is no " + type);
    }
    return value;
  }

  private static BsonValue bool(Value value) {
    if (value instanceof Value.BoolValue bool) {
      return BsonBoolean.valueOf(bool.value());
    }
    int bit = number(value).intValueExact();
    if (bit != 0 && bit != 1) {
      throw new IllegalArgumentException(bit + " is neither 0 nor 1");
    }
    return BsonBoolean.valueOf(bit == 1);
  }

  private static BsonValue real(Value value) {
    if (value instanceof Value.DoubleValue
        || value instanceof Value.FloatValue
        || (value instanceof Value.DecimalValue && !isFinite(value))) {
      return new BsonDouble(Double.parseDouble(value.toString()));
    }
    return new BsonDouble(number(value).doubleValue());
  }

  private static BsonValue decimal(Value value) {
    return new BsonDecimal128(
        isFinite(value) ? new Decimal128(number(value)) : Decimal128.parse(text(value)));
  }

  private static boolean isFinite(Value value) {
    String text = text(value);
    return !text.endsWith("NaN") && !text.endsWith("Infinity");
  }

  private static BigDecimal number(Value value) {
    return switch (value.kind()) {
      case BOOL -> ((Value.BoolValue) value).value() ? BigDecimal.ONE : BigDecimal.ZERO;
      case INT32, INT64, UINT64, DECIMAL, DOUBLE, FLOAT, STRING ->
          new BigDecimal(text(value).strip());
      case NULL, BYTES, DATE, TIME, DATETIME, TIMESTAMP, UUID, JSON, LIST, DOCUMENT, RAW ->
          throw new IllegalArgumentException(value.kind() + " is no number");
    };
  }

  private static String text(Value value) {
    return switch (value.kind()) {
      case RAW -> ((Value.RawValue) value).text();
      case STRING -> ((Value.StringValue) value).value();
      case JSON -> ((Value.JsonValue) value).text();
      case BOOL,
          INT32,
          INT64,
          UINT64,
          DOUBLE,
          FLOAT,
          DECIMAL,
          DATE,
          TIME,
          DATETIME,
          TIMESTAMP,
          UUID ->
          value.toString();
      case NULL, BYTES, LIST, DOCUMENT ->
          throw new IllegalArgumentException(value.kind() + " is no text");
    };
  }
}
