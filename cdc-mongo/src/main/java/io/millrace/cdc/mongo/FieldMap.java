package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.FieldPath;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/** Which fields of an entity are its key and which are not, and what becomes of their values. */
final class FieldMap {
  private static final int NANOS_PER_MILLI = 1_000_000;
  private static final Pattern INDEX = Pattern.compile("\\.[0-9]+(\\.|$)");

  private final CollectionMapping mapping;
  private final StoredForm form;
  private final FieldNames keyFields;
  private final FieldNames otherFields;
  private final Map<String, Field> fields = new LinkedHashMap<>();

  /**
   * A mapped field.
   *
   * @param path from the top of the document; from that of the element where it is one of a list
   * @param type what it is stored as; null where the value says
   * @param optional whether null means that it is not there
   */
  record Field(String name, String path, @Nullable BsonType type, boolean optional) {}

  FieldMap(CollectionMapping mapping, List<String> key, List<String> others, StoredForm form) {
    this.mapping = mapping;
    this.form = form;
    this.keyFields = FieldNames.of(key);
    this.otherFields = FieldNames.of(others);
    mapping
        .paths()
        .forEach(
            (name, path) ->
                fields.put(
                    name,
                    new Field(
                        name, path, mapping.types().get(name), mapping.optional().contains(name))));
  }

  CollectionMapping mapping() {
    return mapping;
  }

  /** Fields of the key, in key order; empty where everything is mapped by name. */
  FieldNames keyFields() {
    return keyFields;
  }

  /** Mapped fields without the key's; empty where everything is mapped by name. */
  FieldNames otherFields() {
    return otherFields;
  }

  boolean explicit() {
    return mapping.explicit();
  }

  /**
   * Whether what is written at a path is found there again. In an array it is not: a number in a
   * path is the place of an element when it is written, and a name when it is read.
   */
  boolean storesAsConverted() {
    return mapping.paths().values().stream().noneMatch(path -> INDEX.matcher(path).find());
  }

  /** Where a field lies; by name where nothing else was said. */
  Field field(String name) {
    Field field = fields.get(name);
    return field == null ? new Field(name, name, null, false) : field;
  }

  /** The event's key as the target stores it, in key order. */
  Row convertKey(ChangeEvent event) {
    FieldNames names = explicit() ? keyFields : event.key().names();
    Value[] values = new Value[names.size()];
    for (int i = 0; i < values.length; i++) {
      Value value = event.key().get(names.get(i));
      if (value == null || (value.isNull() && explicit())) { // null is an _id like any other
        throw new RejectedException(
            "%s has no value for '%s' of collection %s: field '%s' is %s in key %s. Key and mapping must agree."
                .formatted(
                    event,
                    field(names.get(i)).path(),
                    mapping.collection(),
                    names.get(i),
                    value == null ? "missing" : "null",
                    event.key().names()));
      }
      values[i] = convert(names.get(i), value);
      if (values[i].kind() == Value.Kind.LIST) {
        throw new RejectedException(
            "%s: key field '%s' is a list, which no _id can be.".formatted(event, names.get(i)));
      }
    }
    if (names.size() != event.key().size()) {
      throw new RejectedException(
          "%s is keyed by %s, but collection %s by %s. Key and mapping must agree."
              .formatted(event, event.key().names(), mapping.collection(), names));
    }
    Row key = Row.wrap(names, values, false);
    mustStayTheSame(event, key);
    return key;
  }

  /**
   * Two keys must not become one: dates here have milliseconds. And what both sides write must have
   * one id at all sites: how the source here will read this key again, so it has to be named there.
   */
  private void mustStayTheSame(ChangeEvent event, Row key) {
    for (int i = 0; i < key.size(); i++) {
      Value value = Objects.requireNonNull(event.key().get(key.name(i)));
      if (key.value(i) instanceof Value.TimestampValue && nanos(value) % NANOS_PER_MILLI != 0) {
        throw new RejectedException(
            "%s: key field '%s' has more digits than the milliseconds of a date in collection %s, where other keys could become the same. Map it to _id as STRING."
                .formatted(event, key.name(i), mapping.collection()));
      }
    }
    if (mapping.mode() != EntityMode.SHARED || key.equals(event.key())) {
      return;
    }
    String here = CanonicalId.of(key);
    String there = CanonicalId.of(event.key());
    if (!here.equals(there)) {
      throw new RejectedException(
          "%s is named %s, but collection %s, which both sides write, keeps its key as %s. Map the key's fields in their order, and with types that are written alike (a day, or a time without a zone, as STRING)."
              .formatted(event, there, mapping.collection(), here));
    }
  }

  private static int nanos(Value value) {
    if (value instanceof Value.TimestampValue instant) {
      return instant.nano();
    }
    return value instanceof Value.DateTimeValue time ? time.nano() : 0;
  }

  /** A key with other names for its fields, as the target stores it. */
  Row convertKey(Row key) {
    FieldNames names = explicit() ? keyFields : key.names();
    Value[] values = new Value[Math.min(names.size(), key.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = convert(names.get(i), key.value(i));
    }
    return values.length == names.size()
        ? Row.wrap(names, values, false)
        : Row.of(FieldNames.of(names.asList().subList(0, values.length)), List.of(values));
  }

  /** The mapped fields that a state has, without the key's, as the target stores them. */
  Row convert(Row row) {
    if (!explicit()) {
      Value[] values = new Value[row.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = convert(row.name(i), row.value(i));
      }
      return Row.wrap(row.names(), values, row.partial());
    }
    List<String> names = new ArrayList<>(otherFields.size());
    List<Value> values = new ArrayList<>(otherFields.size());
    for (String name : otherFields.asList()) {
      Value value = FieldPath.get(row, name);
      if (value != null) {
        names.add(name);
        values.add(convert(name, value));
      } else if (!row.partial()) {
        names.add(name);
        values.add(absent(name, row));
      }
    }
    boolean all = names.size() == otherFields.size();
    return Row.wrap(all ? otherFields : FieldNames.of(names), values.toArray(Value[]::new), !all);
  }

  private Value absent(String name, Row row) {
    if (field(name).optional()) {
      return Value.NULL;
    }
    throw new RejectedException(
        "Field '%s' of entity '%s' is mapped to '%s', but the event has only %s. Correct the mapping, name the field as optional, or correct the writer."
            .formatted(name, mapping.entity(), field(name).path(), row.names()));
  }

  Value convert(String name, Value value) {
    Field field = field(name);
    try {
      return form.of(value, field.type());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new RejectedException(
          "Field '%s' of entity '%s' does not fit '%s' of collection %s: %s"
              .formatted(
                  name, mapping.entity(), field.path(), mapping.collection(), e.getMessage()),
          e);
    }
  }

  /**
   * The fields of a stored document, null for those that it lacks; each as if it had been written
   * here. The application may keep a number as another type than the mapping says, and what differs
   * from what the channel said passes for a write of its own that is still to come.
   */
  Row read(Row document) {
    Value[] values = new Value[otherFields.size()];
    for (int i = 0; i < values.length; i++) {
      String name = otherFields.get(i);
      values[i] = stored(Objects.requireNonNullElse(at(document, name), Value.NULL), name);
    }
    return Row.wrap(otherFields, values, false);
  }

  private Value stored(Value value, String name) {
    BsonType type = field(name).type();
    if (type == null) {
      return value;
    }
    try {
      return form.of(value, type);
    } catch (IllegalArgumentException | ArithmeticException e) {
      return value; // nothing that the channel can say
    }
  }

  /** What stands at a field of a stored document, or null. */
  @Nullable Value at(Row document, String name) {
    return FieldPath.get(document, field(name).path());
  }
}
