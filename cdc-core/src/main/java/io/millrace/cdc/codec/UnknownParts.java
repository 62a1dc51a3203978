package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.millrace.cdc.internal.Check;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a message holds and an event does not: fields that the descriptor lacks, fields that nobody
 * mapped, numbers that an enum does not name. Kept as a message of the same type with nothing else
 * in it, which is laid over the message that an event becomes again.
 */
final class UnknownParts {
  private UnknownParts() {}

  /** Says what becomes of a field. */
  interface Known {
    /** Whether the event holds the field's content. */
    boolean holds(FieldDescriptor field);

    /** What is known inside a message field that the event holds; null: all of it. */
    @Nullable Known inside(FieldDescriptor field);
  }

  /** Of a message that is a model: its bound fields are known. */
  static Known model(ModelBinding binding) {
    return new Known() {
      @Override
      public boolean holds(FieldDescriptor field) {
        return binding.byNumber(field.getNumber()) != null;
      }

      @Override
      public @Nullable Known inside(FieldDescriptor field) {
        ModelField bound = binding.byNumber(field.getNumber());
        return bound == null || bound.document() == null ? null : model(bound.document());
      }
    };
  }

  /** The unknown parts; empty (of size 0) where there are none. */
  static Message of(Message message, Known known) {
    DynamicMessage.Builder parts = DynamicMessage.newBuilder(message.getDescriptorForType());
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (!known.holds(field)) {
        parts.setField(field, entry.getValue());
      } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        inside(parts, field, entry.getValue(), known.inside(field));
      }
    }
    // Partial: required fields of proto2 are the event's to fill.
    return parts.setUnknownFields(unheld(message, known)).buildPartial();
  }

  /**
   * Without the numbers of closed enums that a row has as raw values; what else stands beside a
   * field that is known was written as another type.
   */
  private static UnknownFieldSet unheld(Message message, Known known) {
    UnknownFieldSet.Builder unheld = UnknownFieldSet.newBuilder(message.getUnknownFields());
    for (int number : message.getUnknownFields().asMap().keySet()) {
      FieldDescriptor field = message.getDescriptorForType().findFieldByNumber(number);
      if (field == null || !known.holds(field)) {
        continue;
      }
      Check.argument(
          field.getType() == FieldDescriptor.Type.ENUM,
          "its %s is not written as a %s: the writer's message has another type there",
          field.getFullName(),
          field.getType());
      if (!field.isRepeated()) {
        unheld.clearField(number);
      }
    }
    return unheld.build();
  }

  private static void inside(
      DynamicMessage.Builder parts, FieldDescriptor field, Object value, @Nullable Known known) {
    if (known == null) {
      return;
    }
    if (!field.isRepeated()) {
      Message inner = of((Message) value, known);
      if (inner.getSerializedSize() > 0) {
        parts.setField(field, inner);
      }
      return;
    }
    // All elements or none: they are found again by their place.
    List<?> elements = (List<?>) value;
    List<Message> inner = elements.stream().map(each -> of((Message) each, known)).toList();
    if (inner.stream().anyMatch(each -> each.getSerializedSize() > 0)) {
      parts.setField(field, inner);
    }
  }

  /** Numbers of a repeated enum that its definition does not name. */
  static void keepUnknown(Message.Builder parts, Message message, FieldDescriptor field) {
    for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
      EnumValueDescriptor value = (EnumValueDescriptor) message.getRepeatedField(field, i);
      if (ContractEnum.isUnknown(value)) {
        parts.addRepeatedField(field, value);
      }
    }
  }

  /** Lays the parts over a message; what an event holds is the event's to say. */
  static Message merge(Message message, Message parts, Known known) {
    Message.Builder builder = message.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> entry : parts.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (!known.holds(field) || field.getJavaType() == FieldDescriptor.JavaType.ENUM) {
        put(builder, field, entry.getValue());
      } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        Known inside = known.inside(field);
        if (inside != null) {
          mergeInside(builder, field, entry.getValue(), inside);
        }
      }
    }
    return builder
        .setUnknownFields(
            UnknownFieldSet.newBuilder(builder.getUnknownFields())
                .mergeFrom(parts.getUnknownFields())
                .build())
        .build();
  }

  private static void put(Message.Builder builder, FieldDescriptor field, Object part) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    if (field.isRepeated()) {
      ((List<?>) part).forEach(each -> builder.addRepeatedField(field, each));
    } else if (oneof == null || !builder.hasOneof(oneof)) {
      builder.setField(field, part);
    }
  }

  /** A message that is gone, or a list that changed its length, takes along what was unknown. */
  private static void mergeInside(
      Message.Builder builder, FieldDescriptor field, Object part, Known known) {
    if (!field.isRepeated()) {
      if (builder.hasField(field)) {
        builder.setField(field, merge((Message) builder.getField(field), (Message) part, known));
      }
      return;
    }
    List<?> parts = (List<?>) part;
    if (builder.getRepeatedFieldCount(field) == parts.size()) {
      for (int i = 0; i < parts.size(); i++) {
        Message element = (Message) builder.getRepeatedField(field, i);
        builder.setRepeatedField(field, i, merge(element, (Message) parts.get(i), known));
      }
    }
  }
}
