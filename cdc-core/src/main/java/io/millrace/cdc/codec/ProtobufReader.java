package io.millrace.cdc.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.v1.DateTime;
import io.millrace.cdc.v1.Field;
import io.millrace.cdc.v1.Instant;
import io.millrace.cdc.v1.Raw;
import io.millrace.cdc.v1.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * From the generated messages to the model; IllegalArgumentException or DateTimeException where a
 * message says what no event can hold.
 */
final class ProtobufReader {
  private ProtobufReader() {}

  static ChangeEvent event(io.millrace.cdc.v1.ChangeEvent message) {
    required(!message.getEntity().isEmpty(), "an entity");
    required(!message.getSource().isEmpty(), "a source");
    required(!message.getLog().isEmpty(), "a log");
    required(!message.getVersion().isEmpty(), "a version");
    required(message.hasChangedAt(), "a changed_at");
    Timestamp changedAt = message.getChangedAt();
    Check.argument(
        changedAt.getNanos() >= 0 && changedAt.getNanos() <= 999_999_999,
        "changed_at has %s nanoseconds, not 0 to 999999999",
        changedAt.getNanos());
    return new ChangeEvent(
        message.getId(),
        type(message),
        message.hasNewVal() ? row(message.getNewVal()) : null,
        message.getChangedFieldsList(),
        message.getSource(),
        java.time.Instant.ofEpochSecond(changedAt.getSeconds(), changedAt.getNanos()),
        message.getEntity(),
        message.hasOldVal() ? row(message.getOldVal()) : null,
        message.hasKey() ? row(message.getKey()) : Row.empty(),
        message.hasPreviousKey() ? row(message.getPreviousKey()) : null,
        message.getRoutingKey(),
        message.getLog(),
        Version.fromBytes(message.getVersion().toByteArray()),
        message.getTransactionId(),
        message.getHops(),
        message.getHeadersMap(),
        message.getSchema());
  }

  private static void required(boolean there, String what) {
    Check.argument(there, "it has not %s, so it was not written by this library", what);
  }

  private static ChangeType type(io.millrace.cdc.v1.ChangeEvent message) {
    Type type = message.getType();
    return switch (type) {
      case CREATED -> ChangeType.CREATED;
      case UPDATED -> ChangeType.UPDATED;
      case DELETED -> ChangeType.DELETED;
      case SNAPSHOT -> ChangeType.SNAPSHOT;
      case TRUNCATED -> ChangeType.TRUNCATED;
      case MESSAGE -> ChangeType.MESSAGE;
      case UNKNOWN, UNRECOGNIZED ->
          throw new IllegalArgumentException(
              "its type has the number "
                  + message.getTypeValue()
                  + ", which this library does not know");
    };
  }

  static Row row(io.millrace.cdc.v1.Row message) {
    int size = message.getFieldsCount();
    if (size == 0 && !message.getPartial()) {
      return Row.empty();
    }
    List<String> names = new ArrayList<>(size);
    Value[] values = new Value[size];
    for (int i = 0; i < size; i++) {
      Field field = message.getFields(i);
      names.add(field.getName());
      try {
        values[i] = value(field.getValue());
      } catch (IllegalArgumentException cause) {
        throw new IllegalArgumentException(
            "field '" + field.getName() + "': " + cause.getMessage(), cause);
      }
    }
    return Row.wrap(FieldNames.of(names), values, message.getPartial());
  }

  private static Value value(io.millrace.cdc.v1.Value message) {
    return switch (message.getKindCase()) {
      case NULL_VALUE -> {
        Check.argument(
            message.getNullValueValue() == 0,
            "null number %s is not known to this library",
            message.getNullValueValue());
        yield Value.NULL;
      }
      case BOOL_VALUE -> new Value.BoolValue(message.getBoolValue());
      case INT32_VALUE -> new Value.Int32Value(message.getInt32Value());
      case INT64_VALUE -> new Value.Int64Value(message.getInt64Value());
      case UINT64_VALUE -> new Value.UInt64Value(message.getUint64Value());
      case DOUBLE_VALUE -> new Value.DoubleValue(message.getDoubleValue());
      case FLOAT_VALUE -> new Value.FloatValue(message.getFloatValue());
      case DECIMAL_VALUE -> new Value.DecimalValue(message.getDecimalValue());
      case STRING_VALUE -> new Value.StringValue(message.getStringValue());
      case BYTES_VALUE -> new Value.BytesValue(message.getBytesValue().toByteArray());
      case DATE_VALUE -> new Value.DateValue(message.getDateValue());
      case TIME_VALUE -> new Value.TimeValue(message.getTimeValue());
      case DATETIME_VALUE -> {
        DateTime time = message.getDatetimeValue();
        yield new Value.DateTimeValue(time.getSeconds(), time.getNanos());
      }
      case TIMESTAMP_VALUE -> {
        Instant time = message.getTimestampValue();
        yield new Value.TimestampValue(time.getSeconds(), time.getNanos());
      }
      case UUID_VALUE -> uuid(message.getUuidValue());
      case JSON_VALUE -> new Value.JsonValue(message.getJsonValue());
      case LIST_VALUE -> list(message.getListValue());
      case DOCUMENT_VALUE -> new Value.DocumentValue(row(message.getDocumentValue()));
      case RAW_VALUE -> {
        Raw raw = message.getRawValue();
        yield new Value.RawValue(raw.getType(), raw.getText());
      }
      case KIND_NOT_SET ->
          throw new IllegalArgumentException(
              "a value of no kind that this library knows; is the writer newer?");
    };
  }

  private static Value uuid(ByteString bytes) {
    Check.argument(bytes.size() == 16, "a UUID has 16 bytes, got %s", bytes.size());
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new Value.UuidValue(new UUID(buffer.getLong(), buffer.getLong()));
  }

  private static Value list(io.millrace.cdc.v1.List message) {
    List<Value> values = new ArrayList<>(message.getValuesCount());
    for (io.millrace.cdc.v1.Value value : message.getValuesList()) {
      values.add(value(value));
    }
    return new Value.ListValue(values);
  }
}
