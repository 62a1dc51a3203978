package io.millrace.cdc.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Single values and what a model's field holds. A field may hold less than the value says (a
 * decimal as a double, a UUID as text): the header then keeps the value itself.
 */
final class ModelScalars {
  private static final Set<String> WRAPPERS =
      Set.of(
          "google.protobuf.BoolValue",
          "google.protobuf.BytesValue",
          "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int32Value",
          "google.protobuf.Int64Value",
          "google.protobuf.StringValue",
          "google.protobuf.UInt32Value",
          "google.protobuf.UInt64Value");

  private ModelScalars() {}

  static boolean isTimestamp(Descriptor type) {
    return type.getFullName().equals("google.protobuf.Timestamp");
  }

  /** The only field of a wrapper such as google.protobuf.StringValue, or null. */
  static @Nullable FieldDescriptor wrapped(Descriptor type) {
    return WRAPPERS.contains(type.getFullName()) ? type.findFieldByName("value") : null;
  }

  static Object toProto(FieldDescriptor field, Value value) {
    return switch (field.getType()) {
      case BOOL -> {
        Check.argument(value instanceof Value.BoolValue, "%s", misfit(field, value));
        yield ((Value.BoolValue) value).value();
      }
      case INT32, SINT32, SFIXED32 ->
          (int) integer(field, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case UINT32, FIXED32 -> (int) integer(field, value, 0, 0xffff_ffffL);
      case INT64, SINT64, SFIXED64 -> integer(field, value, Long.MIN_VALUE, Long.MAX_VALUE);
      case UINT64, FIXED64 ->
          value instanceof Value.UInt64Value number
              ? number.value()
              : integer(field, value, 0, Long.MAX_VALUE);
      case DOUBLE -> inRange(field, value, floating(field, value));
      case FLOAT -> (float) inRange(field, value, (float) floating(field, value));
      case STRING -> text(field, value);
      case BYTES -> bytes(field, value);
      case ENUM -> enumValue(field.getEnumType(), value);
      case MESSAGE, GROUP -> throw new IllegalArgumentException(misfit(field, value));
    };
  }

  static Value fromProto(FieldDescriptor field, Object value) {
    return switch (field.getType()) {
      case BOOL -> Value.of((boolean) value);
      case INT32, SINT32, SFIXED32 -> Value.of((long) (int) value);
      case UINT32, FIXED32 -> Value.of(Integer.toUnsignedLong((int) value));
      case INT64, SINT64, SFIXED64 -> Value.of((long) value);
      case UINT64, FIXED64 -> new Value.UInt64Value((long) value);
      case DOUBLE -> new Value.DoubleValue((double) value);
      case FLOAT -> new Value.FloatValue((float) value);
      case STRING -> Value.of((String) value);
      case BYTES -> Value.of(((ByteString) value).toByteArray());
      case ENUM -> label((EnumValueDescriptor) value);
      case MESSAGE, GROUP -> throw new IllegalArgumentException("a message is not a single value");
    };
  }

  private static String misfit(FieldDescriptor field, Value value) {
    return "a "
        + value.kind()
        + " has no place in the model's "
        + field.getName()
        + " ("
        + field.getType()
        + ")";
  }

  private static long integer(FieldDescriptor field, Value value, long min, long max) {
    long number;
    if (value instanceof Value.Int64Value int64) {
      number = int64.value();
    } else if (value instanceof Value.Int32Value int32) {
      number = int32.value();
    } else if (value instanceof Value.UInt64Value unsigned && unsigned.value() >= 0) {
      number = unsigned.value();
    } else {
      throw new IllegalArgumentException(misfit(field, value));
    }
    Check.argument(
        number >= min && number <= max,
        "%s does not fit into the model's %s (%s)",
        number,
        field.getName(),
        field.getType());
    return number;
  }

  private static double floating(FieldDescriptor field, Value value) {
    return switch (value.kind()) {
      case DOUBLE -> oneNaN(((Value.DoubleValue) value).value());
      case FLOAT -> oneNaN(((Value.FloatValue) value).value());
      case DECIMAL -> Double.parseDouble(((Value.DecimalValue) value).text());
      case INT32, INT64 -> Double.parseDouble(value.toString());
      default -> throw new IllegalArgumentException(misfit(field, value));
    };
  }

  /** A reader of the message alone would take a number that is too large for an infinite one. */
  private static double inRange(FieldDescriptor field, Value value, double number) {
    Check.argument(
        !Double.isInfinite(number) || value.toString().contains("Infinity"),
        "%s does not fit into the model's %s (%s)",
        value,
        field.getName(),
        field.getType());
    return number;
  }

  /** One bit pattern for every NaN, as in the contract. */
  private static double oneNaN(double value) {
    return Double.isNaN(value) ? Double.NaN : value;
  }

  private static String text(FieldDescriptor field, Value value) {
    return switch (value.kind()) {
      case STRING -> ProtobufWriter.text(((Value.StringValue) value).value());
      case JSON -> ProtobufWriter.text(((Value.JsonValue) value).text());
      case RAW -> ProtobufWriter.text(((Value.RawValue) value).text());
      case BOOL, INT32, INT64, UINT64, DECIMAL, DATE, TIME, DATETIME, TIMESTAMP, UUID ->
          value.toString();
      case NULL, DOUBLE, FLOAT, BYTES, LIST, DOCUMENT ->
          throw new IllegalArgumentException(misfit(field, value));
    };
  }

  private static ByteString bytes(FieldDescriptor field, Value value) {
    if (value instanceof Value.BytesValue bytes) {
      return ByteString.copyFrom(bytes.value());
    } else if (value instanceof Value.UuidValue uuid) {
      UUID id = uuid.value();
      return ByteString.copyFrom(
          ByteBuffer.allocate(16)
              .putLong(id.getMostSignificantBits())
              .putLong(id.getLeastSignificantBits())
              .array());
    }
    throw new IllegalArgumentException(misfit(field, value));
  }

  /** Where the type of a raw value begins that is a number an enum does not name. */
  private static String rawType(EnumDescriptor type) {
    return "protobuf:" + type.getFullName();
  }

  private static EnumValueDescriptor enumValue(EnumDescriptor type, Value value) {
    if (value instanceof Value.RawValue raw && raw.type().equals(rawType(type))) {
      return type.findValueByNumberCreatingIfUnknown(Integer.parseInt(raw.text()));
    }
    String label = value instanceof Value.StringValue text ? text.value() : value.toString();
    EnumValueDescriptor found = ContractEnum.find(type, label);
    Check.argument(
        found != null && value instanceof Value.StringValue,
        "%s is no value of the enum %s",
        value instanceof Value.StringValue ? "'" + label + "'" : "a " + value.kind(),
        type.getFullName());
    return Check.notNull(found, "value");
  }

  private static Value label(EnumValueDescriptor value) {
    return ContractEnum.isUnknown(value)
        ? unnamed(value.getType(), value.getNumber())
        : Value.of(value.getName());
  }

  /** A number that the enum does not name. */
  static Value unnamed(EnumDescriptor type, long number) {
    return new Value.RawValue(rawType(type), Integer.toString((int) number));
  }

  static Message timestamp(Descriptor type, Value value) {
    long seconds;
    int nanos;
    if (value instanceof Value.TimestampValue time) {
      seconds = time.epochSecond();
      nanos = time.nano();
    } else if (value instanceof Value.DateTimeValue time) {
      seconds = time.epochSecond();
      nanos = time.nano();
    } else {
      throw new IllegalArgumentException(
          "a " + value.kind() + " has no place in a google.protobuf.Timestamp");
    }
    return timestamp(type, seconds, nanos);
  }

  static Message timestamp(Descriptor type, long seconds, int nanos) {
    return DynamicMessage.newBuilder(type)
        .setField(type.findFieldByName("seconds"), seconds)
        .setField(type.findFieldByName("nanos"), nanos)
        .build();
  }

  static Value.TimestampValue instant(Message message) {
    Descriptor type = message.getDescriptorForType();
    return new Value.TimestampValue(
        (long) message.getField(type.findFieldByName("seconds")),
        (int) message.getField(type.findFieldByName("nanos")));
  }
}
