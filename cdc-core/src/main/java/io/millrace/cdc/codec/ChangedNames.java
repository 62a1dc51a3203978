package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What changed, as the message says it: values of an enum, or names of the model's fields. A name
 * that the model lacks stands as it is, since a newer writer has fields that this one does not
 * know.
 */
record ChangedNames(
    FieldDescriptor field, @Nullable ContractEnum<String> values, @Nullable ModelBinding model) {
  void write(DynamicMessage.Builder message, List<String> names, ModelBinding model) {
    for (String name : names) {
      if (model.leavesOut(name)) {
        continue;
      }
      ContractEnum<String> known = values;
      if (known == null) {
        ModelField bound = model.byName(name);
        Check.argument(
            bound != null || modelName(name) == null,
            "changed field '%s' is no row field, but the model's name of another one",
            name);
        message.addRepeatedField(
            field, ProtobufWriter.text(bound == null ? name : bound.field().getName()));
      } else {
        EnumValueDescriptor value = known.value(name);
        Check.argument(
            value != null,
            "no value of %s stands for the changed field '%s'. Call changedField(\"%s\", …) or leaveOut(…)",
            field.getEnumType().getFullName(),
            name,
            name);
        message.addRepeatedField(field, Check.notNull(value, "value"));
      }
    }
  }

  List<String> read(Message message) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
      Object item = message.getRepeatedField(field, i);
      ContractEnum<String> known = values;
      if (known == null) {
        String bound = modelName((String) item);
        names.add(bound == null ? (String) item : bound);
        continue;
      }
      EnumValueDescriptor value = (EnumValueDescriptor) item;
      String name = known.name(value);
      if (name != null) {
        names.add(name);
      } else {
        Check.argument(
            ContractEnum.isUnknown(value),
            "its %s holds %s, which stands for no field",
            field.getName(),
            value.getName());
      }
    }
    return names;
  }

  /** The row field for a model field's name, or null. */
  private @Nullable String modelName(String name) {
    ModelBinding binding = model;
    FieldDescriptor named = binding == null ? null : binding.descriptor().findFieldByName(name);
    ModelField bound =
        binding == null || named == null ? null : binding.byNumber(named.getNumber());
    return bound == null ? null : bound.rowName();
  }
}
