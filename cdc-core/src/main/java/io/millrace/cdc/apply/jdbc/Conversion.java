package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Invariant;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;

/**
 * Turns an event's value into the kind its target column holds, or refuses. Never cuts; decimals
 * and fractions of seconds round.
 */
final class Conversion {
  private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigInteger MAX_UNSIGNED =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final int NANO_DIGITS = 9;

  private final SqlDialect dialect;

  Conversion(SqlDialect dialect) {
    this.dialect = dialect;
  }

  Value convert(Value value, TargetColumn column) {
    if (value.isNull()) {
      return value;
    }
    if (value instanceof Value.RawValue raw) {
      return raw(raw, column);
    }
    return switch (column.type()) {
      case BOOL -> bool(value, column);
      case INT, BITS -> integer(value, column);
      case DECIMAL -> decimal(value, column);
      case FLOAT, DOUBLE -> floating(value, column);
      case STRING -> string(value, column);
      case BYTES -> bytes(value, column);
      case DATE -> date(value, column);
      case TIME -> time(value, column);
      case DATETIME -> dateTime(value, column);
      case TIMESTAMP -> timestamp(value, column);
      case UUID -> uuid(value, column);
      case JSON -> json(value, column);
      case TEXT_FORM -> textForm(value, column);
      case UNSUPPORTED ->
          throw Invariant.broken(
              "column %s of type %s was mapped", column.name(), column.typeName());
    };
  }

  private Value raw(Value.RawValue raw, TargetColumn column) {
    if (column.type() == ColumnType.STRING) {
      return Value.of(raw.text());
    }
    for (String prefix : dialect.rawTypePrefixes()) {
      if (raw.type().startsWith(prefix)) {
        return raw;
      }
    }
    throw refused(raw, column);
  }

  private static Value bool(Value value, TargetColumn column) {
    if (value instanceof Value.BoolValue) {
      return value;
    }
    BigInteger number = whole(value, column);
    if (number.signum() == 0 || number.equals(BigInteger.ONE)) {
      return Value.of(number.signum() != 0);
    }
    throw refused(value, column);
  }

  private static Value integer(Value value, TargetColumn column) {
    BigInteger number = whole(value, column);
    if (number.compareTo(MIN_LONG) >= 0 && number.compareTo(MAX_LONG) <= 0) {
      return Value.of(number.longValue());
    }
    if (number.signum() > 0 && number.compareTo(MAX_UNSIGNED) <= 0) {
      return new Value.UInt64Value(number.longValue());
    }
    throw refused(value, column);
  }

  private static BigInteger whole(Value value, TargetColumn column) {
    if (value instanceof Value.Int32Value number) {
      return BigInteger.valueOf(number.value());
    }
    if (value instanceof Value.Int64Value number) {
      return BigInteger.valueOf(number.value());
    }
    if (value instanceof Value.UInt64Value number) {
      return new BigInteger(Long.toUnsignedString(number.value()));
    }
    if (value instanceof Value.BoolValue bool) {
      return bool.value() ? BigInteger.ONE : BigInteger.ZERO;
    }
    try {
      return number(value, column).toBigIntegerExact();
    } catch (ArithmeticException e) {
      throw refused(value, column);
    }
  }

  private static BigDecimal number(Value value, TargetColumn column) {
    try {
      return switch (value.kind()) {
        case INT32, INT64, UINT64 -> new BigDecimal(value.toString());
        case BOOL -> ((Value.BoolValue) value).value() ? BigDecimal.ONE : BigDecimal.ZERO;
        case DECIMAL -> ((Value.DecimalValue) value).toBigDecimal();
        case DOUBLE -> new BigDecimal(Double.toString(((Value.DoubleValue) value).value()));
        case FLOAT -> new BigDecimal(Float.toString(((Value.FloatValue) value).value()));
        case STRING -> new BigDecimal(((Value.StringValue) value).value().strip());
        case NULL, BYTES, DATE, TIME, DATETIME, TIMESTAMP, UUID, JSON, LIST, DOCUMENT, RAW ->
            throw refused(value, column);
      };
    } catch (NumberFormatException e) {
      throw refused(value, column);
    }
  }

  private Value decimal(Value value, TargetColumn column) {
    String text = value.toString();
    boolean special = text.endsWith("NaN") || text.endsWith("Infinity");
    if (special && value.kind() != Value.Kind.STRING) {
      if (dialect.storesSpecial(ColumnType.DECIMAL)) {
        return new Value.DecimalValue(text);
      }
      throw refused(value, column);
    }
    BigDecimal number = number(value, column);
    if (column.scale() >= 0) {
      number = number.setScale(column.scale(), RoundingMode.HALF_UP);
    }
    return value instanceof Value.DecimalValue && column.scale() < 0
        ? value
        : Value.DecimalValue.of(number);
  }

  private Value floating(Value value, TargetColumn column) {
    boolean narrow = column.type() == ColumnType.FLOAT;
    double number;
    if (value instanceof Value.DoubleValue wide) {
      number = wide.value();
    } else if (value instanceof Value.FloatValue slim) {
      number = narrow ? slim.value() : Double.parseDouble(Float.toString(slim.value()));
    } else if (value instanceof Value.DecimalValue decimal
        && !Character.isDigit(decimal.text().charAt(decimal.text().length() - 1))) {
      number = Double.parseDouble(decimal.text());
    } else {
      number = number(value, column).doubleValue();
    }
    boolean special = Double.isNaN(number) || Double.isInfinite(number);
    if (special && !dialect.storesSpecial(column.type())) {
      throw refused(value, column);
    }
    if (!narrow) {
      return new Value.DoubleValue(number);
    }
    float slim = (float) number;
    if (Float.isInfinite(slim) && !Double.isInfinite(number)) {
      throw refused(value, column);
    }
    return new Value.FloatValue(slim);
  }

  private static Value string(Value value, TargetColumn column) {
    String text =
        switch (value.kind()) {
          case STRING -> ((Value.StringValue) value).value();
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
          case JSON -> ((Value.JsonValue) value).text();
          case LIST, DOCUMENT -> JsonText.of(value);
          case NULL, BYTES, RAW -> throw refused(value, column);
        };
    return Value.of(column.fixed() ? withoutTrailingBlanks(text) : text);
  }

  private static String withoutTrailingBlanks(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    return text.substring(0, end);
  }

  private static Value bytes(Value value, TargetColumn column) {
    if (value instanceof Value.UuidValue uuid) {
      UUID id = uuid.value();
      return Value.of(
          ByteBuffer.allocate(16)
              .putLong(id.getMostSignificantBits())
              .putLong(id.getLeastSignificantBits())
              .array());
    }
    if (!(value instanceof Value.BytesValue bytes)) {
      throw refused(value, column);
    }
    boolean pad = column.fixed() && bytes.value().length < column.size();
    return pad ? Value.of(Arrays.copyOf(bytes.value(), column.size())) : value;
  }

  private static Value date(Value value, TargetColumn column) {
    if (value instanceof Value.DateValue) {
      return value;
    }
    if (value instanceof Value.DateTimeValue moment
        && moment.nano() == 0
        && Math.floorMod(moment.epochSecond(), 86_400L) == 0) {
      return new Value.DateValue(Math.floorDiv(moment.epochSecond(), 86_400L));
    }
    throw refused(value, column);
  }

  private static Value time(Value value, TargetColumn column) {
    if (!(value instanceof Value.TimeValue time)) {
      throw refused(value, column);
    }
    if (column.scale() < 0 || column.scale() >= 6) {
      return value;
    }
    return new Value.TimeValue(
        BigDecimal.valueOf(time.micros(), 6)
            .setScale(column.scale(), RoundingMode.HALF_UP)
            .movePointRight(6)
            .longValueExact());
  }

  private static Value dateTime(Value value, TargetColumn column) {
    if (value instanceof Value.DateTimeValue moment) {
      BigDecimal seconds = rounded(moment.epochSecond(), moment.nano(), column);
      return new Value.DateTimeValue(second(seconds), nano(seconds));
    }
    if (value instanceof Value.TimestampValue instant) {
      BigDecimal seconds = rounded(instant.epochSecond(), instant.nano(), column);
      return new Value.DateTimeValue(second(seconds), nano(seconds)); // in UTC
    }
    if (value instanceof Value.DateValue date) {
      return new Value.DateTimeValue(Math.multiplyExact(date.epochDay(), 86_400L), 0);
    }
    throw refused(value, column);
  }

  private static Value timestamp(Value value, TargetColumn column) {
    if (value instanceof Value.TimestampValue instant) {
      BigDecimal seconds = rounded(instant.epochSecond(), instant.nano(), column);
      return new Value.TimestampValue(second(seconds), nano(seconds));
    }
    if (value instanceof Value.DateTimeValue moment) {
      BigDecimal seconds = rounded(moment.epochSecond(), moment.nano(), column);
      return new Value.TimestampValue(second(seconds), nano(seconds)); // read as UTC
    }
    throw refused(value, column);
  }

  private static BigDecimal rounded(long epochSecond, int nano, TargetColumn column) {
    BigDecimal seconds = BigDecimal.valueOf(epochSecond).add(BigDecimal.valueOf(nano, NANO_DIGITS));
    return seconds.setScale(column.scale() < 0 ? 6 : column.scale(), RoundingMode.HALF_UP);
  }

  private static long second(BigDecimal seconds) {
    return seconds.setScale(0, RoundingMode.FLOOR).longValueExact();
  }

  private static int nano(BigDecimal seconds) {
    return seconds
        .subtract(BigDecimal.valueOf(second(seconds)))
        .movePointRight(NANO_DIGITS)
        .intValueExact();
  }

  private static Value uuid(Value value, TargetColumn column) {
    if (value instanceof Value.UuidValue) {
      return value;
    }
    if (value instanceof Value.StringValue text) {
      try {
        return Value.of(UUID.fromString(text.value()));
      } catch (IllegalArgumentException e) {
        throw refused(value, column);
      }
    }
    if (value instanceof Value.BytesValue bytes && bytes.value().length == 16) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes.value());
      return Value.of(new UUID(buffer.getLong(), buffer.getLong()));
    }
    throw refused(value, column);
  }

  private static Value json(Value value, TargetColumn column) {
    return switch (value.kind()) {
      case JSON -> value;
      case STRING -> new Value.JsonValue(((Value.StringValue) value).value());
      case BOOL, INT32, INT64, UINT64, LIST, DOCUMENT -> new Value.JsonValue(JsonText.of(value));
      case NULL, DOUBLE, FLOAT, DECIMAL, BYTES, DATE, TIME, DATETIME, TIMESTAMP, UUID, RAW ->
          throw refused(value, column);
    };
  }

  private static Value textForm(Value value, TargetColumn column) {
    if (value instanceof Value.StringValue) {
      return value;
    }
    if (value instanceof Value.JsonValue json) {
      return Value.of(json.text());
    }
    if (value instanceof Value.ListValue list) {
      return Value.of(ArrayText.of(list));
    }
    if (value instanceof Value.BytesValue || value instanceof Value.DocumentValue) {
      throw refused(value, column);
    }
    return Value.of(value.toString());
  }

  private static RejectedException refused(Value value, TargetColumn column) {
    return new RejectedException(
        "A value of kind %s does not fit column '%s' of type %s: %s"
            .formatted(value.kind(), column.name(), column.typeName(), shortened(value)));
  }

  private static String shortened(Value value) {
    String text = value.toString();
    return text.length() <= 100 ? text : text.substring(0, 100) + "…";
  }
}
