package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rows and a model message. Filled by the binder, unchanged from then on. */
final class ModelBinding {
  private final Descriptor descriptor;
  private final Map<String, ModelField> byName = new LinkedHashMap<>();
  private final Map<Integer, ModelField> byNumber = new LinkedHashMap<>();
  private final Set<String> leftOut;

  ModelBinding(Descriptor descriptor, List<String> leftOut) {
    this.descriptor = descriptor;
    this.leftOut = Set.copyOf(leftOut);
  }

  void add(ModelField field) {
    byName.put(field.rowName(), field);
    byNumber.put(field.field().getNumber(), field);
  }

  Descriptor descriptor() {
    return descriptor;
  }

  boolean leavesOut(String rowField) {
    return leftOut.contains(rowField);
  }

  Collection<ModelField> fields() {
    return byName.values();
  }

  @Nullable ModelField byName(String rowField) {
    return byName.get(rowField);
  }

  @Nullable ModelField byNumber(int number) {
    return byNumber.get(number);
  }

  /** The row as a message; {@code hint} receives what the message alone does not say. */
  Message toMessage(Row row, ModelHint hint) {
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(descriptor);
    hint.partial(row.partial());
    for (int i = 0; i < row.size(); i++) {
      String name = row.name(i);
      if (leftOut.contains(name)) {
        hint.partial(true);
        continue;
      }
      ModelField field = byName.get(name);
      if (field == null) {
        throw new IllegalArgumentException(
            "row field '%s' has no field in the model %s. Add one, or call leaveOut(\"%s\") or rename(…)"
                .formatted(name, descriptor.getFullName(), name));
      }
      Value value = row.value(i);
      try {
        field.set(builder, value);
      } catch (IllegalArgumentException cause) {
        throw new IllegalArgumentException("field '" + name + "': " + cause.getMessage(), cause);
      }
      hint.add(field.field().getNumber(), field.get(builder).equals(value) ? null : value);
    }
    // Whether proto2's required fields are there is asked once, of the whole message.
    return builder.buildPartial();
  }

  /** The row of a whole message whose writer said nothing more: every field of the model. */
  Row toRow(MessageOrBuilder message) {
    List<String> names = new ArrayList<>(byName.size());
    List<Value> values = new ArrayList<>(byName.size());
    byName.forEach(
        (name, field) -> {
          names.add(name);
          values.add(field.get(message));
        });
    return Row.wrap(FieldNames.of(names), values.toArray(new Value[0]), !leftOut.isEmpty());
  }

  /** The row that {@link #toMessage} was given, less what this model does not know. */
  Row toRow(MessageOrBuilder message, ModelHint hint) {
    Row.Builder row = Row.builder();
    boolean partial = hint.partial();
    Set<Integer> seen = new HashSet<>();
    for (int number : hint.numbers()) {
      ModelField field = byNumber.get(number);
      if (field == null) {
        partial = true;
        continue;
      }
      seen.add(number);
      Value exact = hint.exact(number);
      if (exact != null) {
        checkSame(message, field, exact);
      }
      row.put(field.rowName(), exact != null ? exact : field.get(message));
    }
    // Set by somebody who knew more than the one who wrote the list.
    for (ModelField field : byName.values()) {
      if (!seen.contains(field.field().getNumber()) && field.isSet(message)) {
        row.put(field.rowName(), field.get(message));
      }
    }
    return row.partial(partial).build();
  }

  private void checkSame(MessageOrBuilder message, ModelField field, Value exact) {
    DynamicMessage.Builder expected = DynamicMessage.newBuilder(descriptor);
    field.set(expected, exact);
    Check.argument(
        field.get(expected).equals(field.get(message)),
        "field '%s' of the message is not what its header says: one of them was changed on its way",
        field.field().getName());
  }
}
