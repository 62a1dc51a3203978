package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import io.millrace.cdc.event.ChangeType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Binds one entity to one message and collects everything that does not fit. */
final class ContractBinder {
  static final String ID = "id";
  static final String TYPE = "type";
  static final String NEW_VALUE = "new_val";
  static final String OLD_VALUE = "old_val";
  static final String CHANGED_FIELDS = "changed_fields";
  static final String SOURCE = "source";
  static final String CHANGED_AT = "changed_at";

  /** What calls the mapping's setter of a role, for the remedy. */
  private static final Map<String, String> SETTERS =
      Map.of(
          ID,
          "id",
          TYPE,
          "type",
          NEW_VALUE,
          "newValue",
          OLD_VALUE,
          "oldValue",
          CHANGED_FIELDS,
          "changedFields",
          SOURCE,
          "source",
          CHANGED_AT,
          "changedAt");

  private final String entity;
  private final Descriptor message;
  private final ContractCodec.Mapping mapping;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, FieldDescriptor> fields = new LinkedHashMap<>();

  /**
   * What was bound.
   *
   * @param fields by role
   * @param services null where the source is a string
   */
  record Bound(
      String entity,
      Descriptor message,
      Map<String, FieldDescriptor> fields,
      @Nullable ModelBinding model,
      ContractEnum<ChangeType> types,
      @Nullable ContractEnum<String> services,
      ChangedNames changed,
      List<String> key) {}

  ContractBinder(String entity, Descriptor message, ContractCodec.Mapping mapping) {
    this.entity = entity;
    this.message = message;
    this.mapping = mapping;
  }

  List<String> problems() {
    return problems;
  }

  ContractEntity bind() {
    role(ID, "a string", field -> field.getType() == FieldDescriptor.Type.STRING);
    role(TYPE, "an enum", field -> field.getJavaType() == JavaType.ENUM);
    role(NEW_VALUE, "a message", ContractBinder::isModel);
    if (mapping.roles.containsKey(OLD_VALUE) || message.findFieldByName(OLD_VALUE) != null) {
      role(OLD_VALUE, "a message", ContractBinder::isModel);
    }
    role(
        SOURCE,
        "an enum or a string",
        field -> field.getJavaType() == JavaType.ENUM || field.getJavaType() == JavaType.STRING);
    role(
        CHANGED_AT,
        "a google.protobuf.Timestamp",
        field ->
            field.getJavaType() == JavaType.MESSAGE
                && ModelScalars.isTimestamp(field.getMessageType()));
    role(CHANGED_FIELDS, "a repeated enum or repeated strings", field -> true);
    ModelBinding model = model();
    ContractEnum<ChangeType> types = types();
    return new ContractEntity(
        new Bound(entity, message, fields, model, types, services(), changed(model), mapping.key));
  }

  private interface Fits {
    boolean test(FieldDescriptor field);
  }

  private static boolean isModel(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE;
  }

  private void role(String role, String wanted, Fits fits) {
    String name = mapping.roles.getOrDefault(role, role);
    FieldDescriptor field = message.findFieldByName(name);
    if (field == null) {
      problem(
          "%s has no field '%s'. Name the one for it with %s(…)"
              .formatted(message.getFullName(), name, SETTERS.get(role)));
      return;
    }
    boolean repeated = role.equals(CHANGED_FIELDS);
    boolean right =
        repeated
            ? field.getJavaType() == JavaType.ENUM || field.getJavaType() == JavaType.STRING
            : fits.test(field);
    if (!right || field.isRepeated() != repeated) {
      problem(
          "%s is %s%s, but must be %s"
              .formatted(
                  field.getFullName(),
                  field.isRepeated() ? "repeated " : "",
                  typeName(field),
                  wanted));
      return;
    }
    if (fields.containsValue(field)) {
      problem("%s is bound twice".formatted(field.getFullName()));
    }
    fields.put(role, field);
  }

  private static String typeName(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      default -> ContractEnum.plain(field.getType().name());
    };
  }

  private @Nullable ModelBinding model() {
    FieldDescriptor newValue = fields.get(NEW_VALUE);
    FieldDescriptor oldValue = fields.get(OLD_VALUE);
    if (newValue == null) {
      return null;
    }
    if (oldValue != null && !oldValue.getMessageType().equals(newValue.getMessageType())) {
      problem(
          "%s is a %s and %s is a %s: both must be the same model"
              .formatted(
                  newValue.getFullName(),
                  typeName(newValue),
                  oldValue.getFullName(),
                  typeName(oldValue)));
    }
    ModelBinder binder = new ModelBinder(mapping);
    ModelBinding model = binder.bind(newValue.getMessageType());
    binder.problems().forEach(this::problem);
    for (String name : mapping.key) {
      if (model.byName(name) == null) {
        problem("key field '%s' has no field in the model".formatted(name));
      }
    }
    return model;
  }

  private ContractEnum<ChangeType> types() {
    ContractEnum<ChangeType> types = new ContractEnum<>();
    FieldDescriptor field = fields.get(TYPE);
    if (field == null) {
      return types;
    }
    EnumDescriptor type = field.getEnumType();
    for (ChangeType each : ChangeType.values()) {
      String chosen = mapping.types.get(each);
      EnumValueDescriptor value = value(type, chosen, each.name(), "type " + each);
      if (value != null && each != ChangeType.UNKNOWN) {
        types.put(each, value);
      }
    }
    for (ChangeType needed : List.of(ChangeType.CREATED, ChangeType.UPDATED, ChangeType.DELETED)) {
      if (types.value(needed) == null && !mapping.types.containsKey(needed)) {
        problem(
            "no value of %s stands for %s. Call type(ChangeType.%s, …)"
                .formatted(type.getFullName(), needed, needed));
      }
    }
    unmapped(type, value -> types.name(value) == null, "type(ChangeType.…, \"%s\")");
    return types;
  }

  private @Nullable ContractEnum<String> services() {
    FieldDescriptor field = fields.get(SOURCE);
    if (field == null || field.getJavaType() != JavaType.ENUM) {
      if (field != null && !mapping.services.isEmpty()) {
        problem("service(…) was called, but %s is a string".formatted(field.getFullName()));
      }
      return null;
    }
    ContractEnum<String> services = new ContractEnum<>();
    mapping.services.forEach(
        (tag, name) -> {
          EnumValueDescriptor value = value(field.getEnumType(), name, name, "service " + tag);
          if (value != null) {
            if (services.name(value) != null) {
              problem("services '%s' and '%s' share %s".formatted(services.name(value), tag, name));
            }
            services.put(tag, value);
          }
        });
    unmapped(field.getEnumType(), value -> services.name(value) == null, "service(…, \"%s\")");
    return services;
  }

  private ChangedNames changed(@Nullable ModelBinding model) {
    FieldDescriptor field = fields.get(CHANGED_FIELDS);
    if (field == null || model == null || field.getJavaType() != JavaType.ENUM) {
      FieldDescriptor any = field != null ? field : message.getFields().get(0);
      return new ChangedNames(any, null, model);
    }
    ContractEnum<String> values = new ContractEnum<>();
    EnumDescriptor type = field.getEnumType();
    for (ModelField each : model.fields()) {
      String name = each.rowName();
      String chosen = mapping.changed.get(name);
      EnumValueDescriptor value = value(type, chosen, name, "field " + name);
      if (value == null && chosen == null) {
        value = ContractEnum.find(type, each.field().getName());
      }
      if (value != null) {
        if (values.name(value) != null) {
          problem(
              "fields '%s' and '%s' share %s".formatted(values.name(value), name, value.getName()));
        }
        values.put(name, value);
      } else if (chosen == null) {
        problem(
            "no value of %s stands for row field '%s'. Call changedField(\"%s\", …) or leaveOut(…)"
                .formatted(type.getFullName(), name, name));
      }
    }
    for (String name : mapping.changed.keySet()) {
      if (model.byName(name) == null) {
        problem("changedField names '%s', which is no field of the row".formatted(name));
      }
    }
    unmapped(type, value -> values.name(value) == null, "changedField(…, \"%s\")");
    return new ChangedNames(field, values, model);
  }

  /** The value chosen, which must exist, or the one that the name finds. */
  private @Nullable EnumValueDescriptor value(
      EnumDescriptor type, @Nullable String chosen, String name, String what) {
    if (chosen == null) {
      return ContractEnum.find(type, name);
    }
    EnumValueDescriptor value = type.findValueByName(chosen);
    if (value == null) {
      problem(
          "%s is to be '%s', which is no value of %s".formatted(what, chosen, type.getFullName()));
    }
    return value;
  }

  private interface Misses {
    boolean test(EnumValueDescriptor value);
  }

  /** Number 0 is what an unset field reads as: it may stand for nothing. */
  private void unmapped(EnumDescriptor type, Misses misses, String remedy) {
    for (EnumValueDescriptor value : type.getValues()) {
      if (value.getNumber() != 0 && misses.test(value)) {
        problem(
            "value %s of %s stands for nothing. Call %s"
                .formatted(value.getName(), type.getFullName(), remedy.formatted(value.getName())));
      }
    }
  }

  private void problem(String text) {
    problems.add("entity '" + entity + "': " + text);
  }
}
