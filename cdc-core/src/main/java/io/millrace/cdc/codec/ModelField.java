package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One field of a model and the row field it stands for. A null clears the field; a field that is
 * not set reads as null where protobuf can tell it from its default.
 *
 * @param rowName the row field
 * @param field the model's field
 * @param document of a field that is a message of its own, or a list of them
 */
record ModelField(String rowName, FieldDescriptor field, @Nullable ModelBinding document) {
  /** Sets the field, or IllegalArgumentException where its type cannot hold the value. */
  void set(DynamicMessage.Builder builder, Value value) {
    if (value.isNull()) {
      builder.clearField(field);
      return;
    }
    checkAlone(builder);
    if (field.isRepeated()) {
      Check.argument(
          value instanceof Value.ListValue, "a %s has no place in a repeated field", value.kind());
      builder.clearField(field);
      for (Value item : ((Value.ListValue) value).values()) {
        Check.argument(!item.isNull(), "a repeated field holds no null");
        builder.addRepeatedField(field, toProto(item));
      }
    } else {
      builder.setField(field, toProto(value));
    }
  }

  /** The message would forget what it holds of the same oneof. */
  private void checkAlone(DynamicMessage.Builder builder) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    FieldDescriptor held = oneof == null ? null : builder.getOneofFieldDescriptor(oneof);
    if (oneof != null && held != null && !held.equals(field)) {
      throw new IllegalArgumentException(
          "the row fills '%s' and '%s', of which %s holds one (oneof '%s')"
              .formatted(
                  held.getName(),
                  field.getName(),
                  field.getContainingType().getFullName(),
                  oneof.getName()));
    }
  }

  /** The value as the message alone says it. */
  Value get(MessageOrBuilder message) {
    List<Long> unnamed = unnamed(message);
    if (!unnamed.isEmpty()) {
      Check.argument(
          !field.isRepeated() && !message.hasField(field),
          "its %s holds %s, which the enum %s does not name: since that is closed, nothing tells between which of its values they stood",
          field.getName(),
          unnamed,
          field.getEnumType().getFullName());
      return ModelScalars.unnamed(field.getEnumType(), unnamed.get(unnamed.size() - 1));
    }
    if (field.isRepeated()) {
      List<Value> values = new ArrayList<>();
      for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
        values.add(fromProto(message.getRepeatedField(field, i)));
      }
      return new Value.ListValue(values);
    }
    if (field.hasPresence() && !message.hasField(field)) {
      return Value.NULL;
    }
    return fromProto(message.getField(field));
  }

  /** Whether the message says anything of the field. */
  boolean isSet(MessageOrBuilder message) {
    return !unnamed(message).isEmpty()
        || (field.isRepeated()
            ? message.getRepeatedFieldCount(field) > 0
            : message.hasField(field));
  }

  /** Numbers that a closed enum does not name, which protobuf keeps beside the field. */
  private List<Long> unnamed(MessageOrBuilder message) {
    return field.getType() == FieldDescriptor.Type.ENUM
        ? message.getUnknownFields().getField(field.getNumber()).getVarintList()
        : List.of();
  }

  private Object toProto(Value value) {
    if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      return ModelScalars.toProto(field, value);
    }
    Descriptor type = field.getMessageType();
    if (ModelScalars.isTimestamp(type)) {
      return ModelScalars.timestamp(type, value);
    }
    FieldDescriptor wrapped = ModelScalars.wrapped(type);
    if (wrapped != null) {
      return DynamicMessage.newBuilder(type)
          .setField(wrapped, ModelScalars.toProto(wrapped, value))
          .build();
    }
    Check.argument(
        value instanceof Value.DocumentValue,
        "a %s has no place in a %s",
        value.kind(),
        type.getFullName());
    // What the inner hint would say is seen by comparing the whole document.
    return binding().toMessage(((Value.DocumentValue) value).fields(), new ModelHint());
  }

  private Value fromProto(Object value) {
    if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      return ModelScalars.fromProto(field, value);
    }
    Message message = (Message) value;
    Descriptor type = field.getMessageType();
    if (ModelScalars.isTimestamp(type)) {
      return ModelScalars.instant(message);
    }
    FieldDescriptor wrapped = ModelScalars.wrapped(type);
    if (wrapped != null) {
      return ModelScalars.fromProto(wrapped, message.getField(wrapped));
    }
    return new Value.DocumentValue(binding().toRow(message));
  }

  private ModelBinding binding() {
    return Check.notNull(document, "document");
  }
}
