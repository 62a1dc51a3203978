package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the row field of every field of a model. */
final class ModelBinder {
  private final ContractCodec.Mapping mapping;
  private final List<String> problems = new ArrayList<>();
  private final Map<Descriptor, ModelBinding> nested = new HashMap<>();

  ModelBinder(ContractCodec.Mapping mapping) {
    this.mapping = mapping;
  }

  List<String> problems() {
    return problems;
  }

  ModelBinding bind(Descriptor model) {
    ModelBinding binding = new ModelBinding(model, mapping.leftOut);
    Map<FieldDescriptor, String> renamed = renamed(model);
    Set<String> taken = new HashSet<>();
    List<ModelField> bound = new ArrayList<>();
    for (FieldDescriptor field : model.getFields()) {
      if (mapping.ignored.contains(field.getName())) {
        continue;
      }
      String name = renamed.containsKey(field) ? renamed.get(field) : rowName(field);
      if (name == null || mapping.leftOut.contains(name)) {
        problems.add(
            "model field %s has no row field. Call ignore(\"%s\"), or rename(…)"
                .formatted(field.getFullName(), field.getName()));
      } else if (!taken.add(name)) {
        problems.add(
            "row field '%s' has several fields in %s".formatted(name, model.getFullName()));
      } else {
        add(bound, name, field);
      }
    }
    // Rows are read in the order that was declared, else in the model's.
    mapping.rowFields.forEach(
        name -> bound.stream().filter(f -> f.rowName().equals(name)).forEach(binding::add));
    bound.stream().filter(f -> binding.byName(f.rowName()) == null).forEach(binding::add);
    for (String name : mapping.rowFields) {
      if (!taken.contains(name) && !mapping.leftOut.contains(name)) {
        problems.add(
            "row field '%s' has no field in the model %s. Call leaveOut(\"%s\"), or rename(…)"
                .formatted(name, model.getFullName(), name));
      }
    }
    for (String name : mapping.ignored) {
      if (model.findFieldByName(name) == null) {
        problems.add("ignore names '%s', no field of %s".formatted(name, model.getFullName()));
      }
    }
    return binding;
  }

  private Map<FieldDescriptor, String> renamed(Descriptor model) {
    Map<FieldDescriptor, String> renamed = new HashMap<>();
    mapping.renames.forEach(
        (row, name) -> {
          FieldDescriptor field = model.findFieldByName(name);
          if (field == null) {
            problems.add(
                "rename of '%s' names '%s', no field of %s"
                    .formatted(row, name, model.getFullName()));
          } else {
            renamed.put(field, row);
          }
        });
    return renamed;
  }

  private @Nullable String rowName(FieldDescriptor field) {
    if (mapping.rowFields.isEmpty()) {
      return mapping.camelCase ? camelCase(field.getName()) : field.getName();
    }
    if (mapping.rowFields.contains(field.getName())) {
      return field.getName();
    }
    String plain = ContractEnum.plain(field.getName());
    List<String> found =
        mapping.rowFields.stream()
            .filter(name -> !mapping.renames.containsKey(name))
            .filter(name -> ContractEnum.plain(name).equals(plain))
            .toList();
    return found.size() == 1 ? found.get(0) : null;
  }

  private static String camelCase(String name) {
    StringBuilder camel = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '_' && i > 0 && i + 1 < name.length()) {
        camel.append(Character.toUpperCase(name.charAt(++i)));
      } else {
        camel.append(c);
      }
    }
    return camel.toString();
  }

  private void add(List<ModelField> bound, String name, FieldDescriptor field) {
    if (field.isMapField()) {
      problems.add(
          "model field %s is a map, which no row holds. Call ignore(\"%s\")"
              .formatted(field.getFullName(), field.getName()));
      return;
    }
    bound.add(new ModelField(name, field, document(field)));
  }

  private @Nullable ModelBinding document(FieldDescriptor field) {
    if (field.getJavaType() != JavaType.MESSAGE) {
      return null;
    }
    Descriptor type = field.getMessageType();
    if (ModelScalars.isTimestamp(type) || ModelScalars.wrapped(type) != null) {
      return null;
    }
    ModelBinding known = nested.get(type);
    if (known != null) {
      return known;
    }
    // Known before its fields are: a message may hold itself.
    ModelBinding binding = new ModelBinding(type, List.of());
    nested.put(type, binding);
    for (FieldDescriptor inner : type.getFields()) {
      if (inner.isMapField()) {
        problems.add(
            "%s inside the model is a map, which no row holds. Call ignore(…) for what holds it"
                .formatted(inner.getFullName()));
      } else {
        String name = mapping.camelCase ? camelCase(inner.getName()) : inner.getName();
        binding.add(new ModelField(name, inner, document(inner)));
      }
    }
    return binding;
  }
}
