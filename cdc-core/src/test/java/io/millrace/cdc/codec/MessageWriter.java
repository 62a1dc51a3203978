package io.millrace.cdc.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Unicode;
import io.millrace.cdc.v1.DateTime;
import io.millrace.cdc.v1.Field;
import io.millrace.cdc.v1.Instant;
import io.millrace.cdc.v1.Null;
import io.millrace.cdc.v1.Raw;
import io.millrace.cdc.v1.Type;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * From the model to the generated messages; IllegalArgumentException where the wire cannot say it.
 */
final class MessageWriter {
  private MessageWriter() {}

  static io.millrace.cdc.v1.ChangeEvent event(ChangeEvent event) {
    var message =
        io.millrace.cdc.v1.ChangeEvent.newBuilder()
            .setId(text(event.id()))
            .setType(type(event.type()))
            .setSource(text(event.source()))
            .setChangedAt(timestamp(event.changedAt()))
            .setEntity(text(event.entity()))
            .setKey(row(event.key(), 0))
            .setRoutingKey(text(event.routingKey()))
            .setLog(text(event.log()))
            .setVersion(wrap(event.version().toBytes()))
            .setEventId(event.eventId())
            .setTransactionId(text(event.transactionId()))
            .setHops(event.hops())
            .setSchema(text(event.schema()))
            .setFormat(ProtobufCodec.FORMAT);
    for (String name : event.changedFields()) {
      message.addChangedFields(text(name));
    }
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      message.putHeaders(text(header.getKey()), text(header.getValue()));
    }
    Row newValue = event.newValue();
    if (newValue != null) {
      message.setNewVal(row(newValue, 0));
    }
    Row oldValue = event.oldValue();
    if (oldValue != null) {
      message.setOldVal(row(oldValue, 0));
    }
    Row previousKey = event.previousKey();
    if (previousKey != null) {
      message.setPreviousKey(row(previousKey, 0));
    }
    return message.build();
  }

  private static Type type(ChangeType type) {
    return switch (type) {
      case UNKNOWN -> throw new IllegalArgumentException("its type is UNKNOWN");
      case CREATED -> Type.CREATED;
      case UPDATED -> Type.UPDATED;
      case DELETED -> Type.DELETED;
      case SNAPSHOT -> Type.SNAPSHOT;
      case TRUNCATED -> Type.TRUNCATED;
      case MESSAGE -> Type.MESSAGE;
    };
  }

  private static Timestamp timestamp(java.time.Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  static io.millrace.cdc.v1.Row row(Row row) {
    return row(row, 0);
  }

  private static io.millrace.cdc.v1.Row row(Row row, int depth) {
    var message = io.millrace.cdc.v1.Row.newBuilder().setPartial(row.partial());
    for (int i = 0; i < row.size(); i++) {
      String name = row.name(i);
      try {
        message.addFields(
            Field.newBuilder().setName(text(name)).setValue(value(row.value(i), depth)));
      } catch (IllegalArgumentException cause) {
        throw new IllegalArgumentException("field '" + name + "': " + cause.getMessage(), cause);
      }
    }
    return message.build();
  }

  private static io.millrace.cdc.v1.Value value(Value value, int depth) {
    var message = io.millrace.cdc.v1.Value.newBuilder();
    switch (value.kind()) {
      case NULL -> message.setNullValue(Null.NULL);
      case BOOL -> message.setBoolValue(((Value.BoolValue) value).value());
      case INT32 -> message.setInt32Value(((Value.Int32Value) value).value());
      case INT64 -> message.setInt64Value(((Value.Int64Value) value).value());
      case UINT64 -> message.setUint64Value(((Value.UInt64Value) value).value());
      // One bit pattern for every NaN: equal values give equal bytes.
      case DOUBLE ->
          message.setDoubleValue(
              Double.longBitsToDouble(
                  Double.doubleToLongBits(((Value.DoubleValue) value).value())));
      case FLOAT ->
          message.setFloatValue(
              Float.intBitsToFloat(Float.floatToIntBits(((Value.FloatValue) value).value())));
      case DECIMAL -> message.setDecimalValue(((Value.DecimalValue) value).text());
      case STRING -> message.setStringValue(text(((Value.StringValue) value).value()));
      case BYTES -> message.setBytesValue(wrap(((Value.BytesValue) value).value()));
      case DATE -> message.setDateValue(((Value.DateValue) value).epochDay());
      case TIME -> message.setTimeValue(((Value.TimeValue) value).micros());
      case DATETIME -> {
        Value.DateTimeValue time = (Value.DateTimeValue) value;
        message.setDatetimeValue(
            DateTime.newBuilder().setSeconds(time.epochSecond()).setNanos(time.nano()));
      }
      case TIMESTAMP -> {
        Value.TimestampValue time = (Value.TimestampValue) value;
        message.setTimestampValue(
            Instant.newBuilder().setSeconds(time.epochSecond()).setNanos(time.nano()));
      }
      case UUID -> message.setUuidValue(uuid(((Value.UuidValue) value).value()));
      case JSON -> message.setJsonValue(text(((Value.JsonValue) value).text()));
      case LIST -> message.setListValue(list(((Value.ListValue) value).values(), deeper(depth)));
      case DOCUMENT ->
          message.setDocumentValue(row(((Value.DocumentValue) value).fields(), deeper(depth)));
      case RAW -> {
        Value.RawValue raw = (Value.RawValue) value;
        message.setRawValue(Raw.newBuilder().setType(text(raw.type())).setText(text(raw.text())));
      }
    }
    return message.build();
  }

  private static io.millrace.cdc.v1.List list(List<Value> values, int depth) {
    var message = io.millrace.cdc.v1.List.newBuilder();
    for (Value value : values) {
      message.addValues(value(value, depth));
    }
    return message.build();
  }

  private static int deeper(int depth) {
    Check.argument(
        depth < ProtobufCodec.MAX_DEPTH,
        "lists or documents nest deeper than %s levels",
        ProtobufCodec.MAX_DEPTH);
    return depth + 1;
  }

  private static ByteString uuid(UUID uuid) {
    return wrap(
        ByteBuffer.allocate(16)
            .putLong(uuid.getMostSignificantBits())
            .putLong(uuid.getLeastSignificantBits())
            .array());
  }

  /** No copy: the array outlives the message and is not changed. */
  private static ByteString wrap(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  static String text(String text) {
    int at = Unicode.loneSurrogate(text);
    Check.argument(
        at < 0, "a text of %s characters has half a surrogate pair at %s", text.length(), at);
    return text;
  }
}
