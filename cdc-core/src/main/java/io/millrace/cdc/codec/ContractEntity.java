package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One entity bound to one message. Made by the binder, which has checked it. */
final class ContractEntity {
  private final ContractBinder.Bound bound;

  ContractEntity(ContractBinder.Bound bound) {
    this.bound = bound;
  }

  String name() {
    return bound.entity();
  }

  Descriptor descriptor() {
    return bound.message();
  }

  /** What tells entities of one message apart. */
  @Nullable FieldDescriptor modelField() {
    return bound.fields().get(ContractBinder.NEW_VALUE);
  }

  private FieldDescriptor field(String role) {
    return Check.notNull(bound.fields().get(role), role);
  }

  private ModelBinding model() {
    return Check.notNull(bound.model(), "model");
  }

  String idOf(Message message) {
    return (String) message.getField(field(ContractBinder.ID));
  }

  /** Of entities that share a message the one whose model is set. */
  static ContractEntity holder(List<ContractEntity> candidates, Message message) {
    List<ContractEntity> holders = new ArrayList<>();
    for (ContractEntity entity : candidates) {
      FieldDescriptor old = entity.bound.fields().get(ContractBinder.OLD_VALUE);
      if (message.hasField(entity.field(ContractBinder.NEW_VALUE))
          || (old != null && message.hasField(old))) {
        holders.add(entity);
      }
    }
    Check.argument(
        holders.size() == 1,
        "nothing says which of the entities %s it is of: the header '%s' is missing and %s of their models are set",
        candidates.stream().map(ContractEntity::name).toList(),
        ContractHeaders.ENTITY,
        holders.size());
    return holders.get(0);
  }

  Message toMessage(ChangeEvent event, ContractHeaders headers) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor());
    message.setField(field(ContractBinder.ID), ProtobufWriter.text(event.id()));
    Message parts =
        UnknownHeader.read(
            event,
            descriptor(),
            List.of(field(ContractBinder.TYPE), field(ContractBinder.CHANGED_FIELDS)));
    setType(message, event.type(), parts);
    setSource(message, event.source(), parts);
    headers.put(ContractHeaders.SOURCE, event.source());
    FieldDescriptor changedAt = field(ContractBinder.CHANGED_AT);
    Instant time = event.changedAt();
    message.setField(
        changedAt,
        ModelScalars.timestamp(changedAt.getMessageType(), time.getEpochSecond(), time.getNano()));
    row(message, ContractBinder.NEW_VALUE, event.newValue(), ContractHeaders.NEW, headers);
    if (bound.fields().containsKey(ContractBinder.OLD_VALUE)) {
      row(message, ContractBinder.OLD_VALUE, event.oldValue(), ContractHeaders.OLD, headers);
    } else {
      headers.putRow(ContractHeaders.OLD, shareable(event.oldValue()));
    }
    bound.changed().write(message, event.changedFields(), model());
    if (parts == null) {
      return message.build();
    }
    headers.dropEventHeader(ContractCodec.UNKNOWN_HEADER);
    return UnknownParts.merge(message.buildPartial(), parts, known());
  }

  private void row(
      DynamicMessage.Builder message,
      String role,
      @Nullable Row row,
      String header,
      ContractHeaders headers) {
    if (row != null) {
      ModelHint hint = new ModelHint();
      message.setField(field(role), model().toMessage(row, hint));
      hint.write(headers, header);
    }
  }

  /** Without the fields that are not to be sent. */
  private @Nullable Row shareable(@Nullable Row row) {
    if (row == null) {
      return null;
    }
    Row.Builder shared = Row.builder().partial(row.partial());
    for (int i = 0; i < row.size(); i++) {
      if (model().leavesOut(row.name(i))) {
        shared.partial(true);
      } else {
        shared.put(row.name(i), row.value(i));
      }
    }
    return shared.build();
  }

  private void setType(DynamicMessage.Builder message, ChangeType type, @Nullable Message parts) {
    FieldDescriptor field = field(ContractBinder.TYPE);
    EnumValueDescriptor value = bound.types().value(type);
    if (value != null) {
      message.setField(field, value);
    }
    Check.argument(
        value != null || (parts != null && isSet(parts, field)),
        "no value of %s stands for %s. Call type(ChangeType.%s, …)",
        field.getEnumType().getFullName(),
        type,
        type);
  }

  private static boolean isSet(Message message, FieldDescriptor field) {
    return message.getAllFields().containsKey(field);
  }

  private void setSource(DynamicMessage.Builder message, String source, @Nullable Message parts) {
    FieldDescriptor field = field(ContractBinder.SOURCE);
    ContractEnum<String> services = bound.services();
    if (services == null) {
      message.setField(field, ProtobufWriter.text(source));
      return;
    }
    EnumValueDescriptor value = services.value(source);
    // A service that is newer than this codec keeps the number that its own writer gave it.
    boolean carried = parts != null && isSet(parts, field);
    Check.argument(
        value != null || carried,
        "no value of %s stands for service '%s'. Call service(\"%s\", …)",
        field.getEnumType().getFullName(),
        source,
        source);
    if (value != null) {
      message.setField(field, value);
    }
  }

  ChangeEvent toEvent(Message message, ContractHeaders headers) {
    ChangeEvent.Builder event = ChangeEvent.builder();
    String id = idOf(message);
    headers.fill(event, name(), id);
    ChangeType type = type(message, headers);
    Row newValue = row(message, ContractBinder.NEW_VALUE, ContractHeaders.NEW, headers);
    Row oldValue =
        bound.fields().containsKey(ContractBinder.OLD_VALUE)
            ? row(message, ContractBinder.OLD_VALUE, ContractHeaders.OLD, headers)
            : headers.row(ContractHeaders.OLD);
    FieldDescriptor changedAt = field(ContractBinder.CHANGED_AT);
    checkSet(message, changedAt);
    Map<String, String> own = new LinkedHashMap<>(headers.eventHeaders());
    UnknownHeader.write(own, type, unknown(message));
    return event
        .entity(name())
        .id(id)
        .type(type)
        .newValue(newValue)
        .oldValue(oldValue)
        .changedFields(bound.changed().read(message))
        .source(source(message, headers))
        .changedAt(ModelScalars.instant((Message) message.getField(changedAt)).toInstant())
        .key(key(id, type, newValue, oldValue, headers))
        .headers(own)
        .build();
  }

  private @Nullable Row row(Message message, String role, String header, ContractHeaders headers) {
    FieldDescriptor field = field(role);
    if (!message.hasField(field)) {
      return null;
    }
    ModelHint hint = ModelHint.read(headers, header);
    Message model = (Message) message.getField(field);
    return hint == null ? model().toRow(model) : model().toRow(model, hint);
  }

  private ChangeType type(Message message, ContractHeaders headers) {
    FieldDescriptor field = field(ContractBinder.TYPE);
    checkSet(message, field);
    EnumValueDescriptor value = (EnumValueDescriptor) message.getField(field);
    String header = headers.get(ContractHeaders.TYPE);
    if (header != null) {
      for (ChangeType type : ChangeType.values()) {
        EnumValueDescriptor expected = bound.types().value(type);
        boolean agrees =
            ContractEnum.isUnknown(value)
                || (expected != null && expected.getNumber() == value.getNumber());
        if (type != ChangeType.UNKNOWN && type.name().equals(header) && agrees) {
          return type;
        }
      }
    }
    ChangeType type = header == null ? bound.types().name(value) : null;
    Check.argument(
        type != null,
        "its %s is %s (%s) and its header '%s' %s: this codec does not know what happened",
        field.getName(),
        value.getName(),
        value.getNumber(),
        ContractHeaders.TYPE,
        header);
    return Check.notNull(type, "type");
  }

  /** A number that a closed enum does not name reads as not set, and as the enum's first value. */
  private static void checkSet(Message message, FieldDescriptor field) {
    Check.argument(
        !field.hasPresence() || message.hasField(field),
        "its %s is not set, or has a number that this codec's %s does not name",
        field.getName(),
        field.getContainingType().getFullName());
  }

  private String source(Message message, ContractHeaders headers) {
    FieldDescriptor field = field(ContractBinder.SOURCE);
    checkSet(message, field);
    Object value = message.getField(field);
    if (!(value instanceof EnumValueDescriptor number)) {
      return (String) value;
    }
    ContractEnum<String> services = Check.notNull(bound.services(), "services");
    String header = headers.get(ContractHeaders.SOURCE);
    String known = services.name(number);
    String source = known == null ? header : known;
    Check.argument(
        source != null && (header == null || known == null || isSame(services, header, number)),
        "its %s is %s (%s) and its header '%s' %s: this codec does not know the service. Call service(…) for it",
        field.getName(),
        number.getName(),
        number.getNumber(),
        ContractHeaders.SOURCE,
        header);
    return header != null ? header : Check.notNull(source, "source");
  }

  private static boolean isSame(
      ContractEnum<String> services, String tag, EnumValueDescriptor number) {
    EnumValueDescriptor value = services.value(tag);
    return value == null || value.getNumber() == number.getNumber();
  }

  private Row key(
      String id,
      ChangeType type,
      @Nullable Row newValue,
      @Nullable Row oldValue,
      ContractHeaders headers) {
    Row sent = headers.row(ContractHeaders.KEY);
    if (sent != null || type == ChangeType.TRUNCATED || type == ChangeType.MESSAGE) {
      return sent == null ? Row.empty() : sent;
    }
    Row state = newValue != null ? newValue : oldValue;
    Row.Builder key = Row.builder();
    for (String name : bound.key()) {
      Value value = state == null ? null : state.get(name);
      Check.argument(value != null, "its key field '%s' is in neither header nor model", name);
      key.put(name, Check.notNull(value, "value"));
    }
    Row derived = key.build();
    Check.argument(
        derived.size() > 0 && CanonicalId.of(derived).equals(id),
        "its header '%s' is missing and the key cannot be derived: key fields are %s, which make the id '%s'. Call key(…) with the fields that make the id",
        ContractHeaders.KEY,
        bound.key(),
        CanonicalId.of(derived));
    return derived;
  }

  private UnknownParts.Known known() {
    return new UnknownParts.Known() {
      @Override
      public boolean holds(FieldDescriptor field) {
        return bound.fields().containsValue(field);
      }

      @Override
      public UnknownParts.@Nullable Known inside(FieldDescriptor field) {
        return field.equals(bound.fields().get(ContractBinder.NEW_VALUE))
                || field.equals(bound.fields().get(ContractBinder.OLD_VALUE))
            ? UnknownParts.model(model())
            : null;
      }
    };
  }

  private Message unknown(Message message) {
    Message.Builder parts = UnknownParts.of(message, known()).toBuilder();
    for (String role : List.of(ContractBinder.TYPE, ContractBinder.SOURCE)) {
      if (message.getField(field(role)) instanceof EnumValueDescriptor value
          && ContractEnum.isUnknown(value)) {
        parts.setField(field(role), value);
      }
    }
    FieldDescriptor changed = field(ContractBinder.CHANGED_FIELDS);
    if (changed.getJavaType() == FieldDescriptor.JavaType.ENUM) {
      UnknownParts.keepUnknown(parts, message, changed);
    }
    return parts.buildPartial();
  }
}
