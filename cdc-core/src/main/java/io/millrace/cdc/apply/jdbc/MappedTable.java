package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.FieldPath;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A mapping that was checked against the target's catalog. */
final class MappedTable {
  private final EntityMapping mapping;
  private final TargetTable table;
  private final Conversion conversion;
  private final Map<String, TargetColumn> columns = new LinkedHashMap<>();
  private final FieldNames keyFields;
  private final List<TargetColumn> keyColumns = new ArrayList<>();
  private final FieldNames otherFields;
  private final boolean explicit;

  private MappedTable(
      EntityMapping mapping, TargetTable table, Map<String, String> fields, Conversion conversion) {
    this.mapping = mapping;
    this.table = table;
    this.conversion = conversion;
    this.explicit = !mapping.fields().isEmpty();
    fields.forEach(
        (field, column) -> columns.put(field, Objects.requireNonNull(table.column(column))));
    List<String> keys = new ArrayList<>();
    for (String column : table.keyColumns()) {
      fields.forEach(
          (field, mapped) -> {
            if (mapped.equals(column)) {
              keys.add(field);
              keyColumns.add(Objects.requireNonNull(table.column(column)));
            }
          });
    }
    keyFields = FieldNames.of(keys);
    otherFields =
        FieldNames.of(columns.keySet().stream().filter(field -> !keys.contains(field)).toList());
  }

  /** The checked mapping, or null where problems were added. */
  static @Nullable MappedTable check(
      EntityMapping mapping,
      @Nullable TargetTable table,
      SqlDialect dialect,
      List<String> problems) {
    String what = "entity '%s' -> table '%s'".formatted(mapping.entity(), mapping.table());
    if (table == null) {
      problems.add(
          what
              + ": there is no such table, or this user may not see it. Create it, grant the rights on it, or correct the mapping, where names stand as in SQL: with their quotes.");
      return null;
    }
    int before = problems.size();
    Map<String, String> fields = new LinkedHashMap<>(mapping.fields());
    if (fields.isEmpty()) {
      table.columns().stream()
          .filter(c -> !c.generated())
          .forEach(c -> fields.put(c.name(), c.name()));
    }
    fields.forEach(
        (field, column) -> checkColumn(what, field, table.column(column), column, problems));
    if (table.keyColumns().isEmpty()) {
      problems.add(what + ": the table has no primary key, and rows are matched by key. Add one.");
    }
    for (String key : table.keyColumns()) {
      if (!fields.containsValue(key)) {
        problems.add(
            what + ": key column '" + key + "' is not mapped. Map the field that holds it.");
      }
    }
    if (mapping.mode() == EntityMode.MIRROR) {
      table.columns().stream()
          .filter(c -> c.required() && !fields.containsValue(c.name()))
          .forEach(
              c ->
                  problems.add(
                      "%s: column '%s' must not be null and has no default, so rows cannot be created without it. Map it or give it a default."
                          .formatted(what, c.name())));
    }
    if (problems.size() > before) {
      return null;
    }
    return new MappedTable(mapping, table, fields, new Conversion(dialect));
  }

  private static void checkColumn(
      String what,
      String field,
      @Nullable TargetColumn column,
      String name,
      List<String> problems) {
    if (column == null) {
      problems.add(
          "%s: field '%s' goes to column '%s', which does not exist. Add it, or correct the mapping."
              .formatted(what, field, name));
    } else if (column.generated()) {
      problems.add(
          "%s: column '%s' is computed by the database and cannot be written. Leave it out of the mapping."
              .formatted(what, name));
    } else if (column.type() == ColumnType.UNSUPPORTED) {
      problems.add(
          "%s: column '%s' is of type %s, which cannot be written yet. Leave it out of the mapping."
              .formatted(what, name, column.typeName()));
    }
  }

  EntityMode mode() {
    return mapping.mode();
  }

  TargetTable table() {
    return table;
  }

  /** Columns of the key, in key order. */
  List<TargetColumn> keyColumns() {
    return keyColumns;
  }

  FieldNames keyFields() {
    return keyFields;
  }

  /** Fields without the key's. */
  FieldNames otherFields() {
    return otherFields;
  }

  TargetColumn column(String field) {
    return Objects.requireNonNull(columns.get(field));
  }

  /** Whether rows with these fields, and the key, can be inserted. */
  boolean insertable(FieldNames fields) {
    return table.columns().stream()
        .noneMatch(
            c ->
                c.required()
                    && keyColumns.stream().noneMatch(k -> k.name().equals(c.name()))
                    && fields.asList().stream().noneMatch(f -> column(f).name().equals(c.name())));
  }

  Row convertKey(ChangeEvent event) {
    Value[] values = new Value[keyFields.size()];
    for (int i = 0; i < values.length; i++) {
      Value value = keyValue(event, keyFields.get(i));
      if (value == null || value.isNull()) {
        throw new RejectedException(
            "%s has no value for key column '%s' of table %s: field '%s' is %s in key %s. Key and table must agree; correct the mapping."
                .formatted(
                    event,
                    keyColumns.get(i).name(),
                    table.name(),
                    keyFields.get(i),
                    value == null ? "missing" : "null",
                    event.key().names()));
      }
      values[i] = conversion.convert(value, keyColumns.get(i));
      checkPadding(event, value, values[i], keyColumns.get(i));
    }
    for (int i = 0; i < event.key().size(); i++) {
      if (keyFields.indexOf(event.key().name(i)) < 0) {
        throw new RejectedException(
            "%s is keyed by %s, but table %s by %s. Key and table must agree; correct the mapping."
                .formatted(event, event.key().names(), table.name(), table.keyColumns()));
      }
    }
    return Row.wrap(keyFields, values, false);
  }

  /** What a fixed width adds or takes away would make one key of several. */
  private void checkPadding(ChangeEvent event, Value given, Value stored, TargetColumn column) {
    boolean bothTexts = given instanceof Value.StringValue && stored instanceof Value.StringValue;
    boolean bothBytes = given instanceof Value.BytesValue && stored instanceof Value.BytesValue;
    if (column.fixed() && (bothTexts || bothBytes) && !given.equals(stored)) {
      throw new RejectedException(
          "%s: key column '%s' of table %s is of fixed width (%s) and cannot tell this key from one with other padding. Make the column variable."
              .formatted(event, column.name(), table.name(), column.fullType()));
    }
  }

  /** One value as its column holds it. */
  Value convert(String field, Value value) {
    return conversion.convert(value, column(field));
  }

  boolean has(String field) {
    return columns.containsKey(field);
  }

  private static @Nullable Value keyValue(ChangeEvent event, String field) {
    return event.key().get(field);
  }

  Row convert(Row row) {
    int found = 0;
    Value[] values = new Value[otherFields.size()];
    for (int i = 0; i < values.length; i++) {
      Value value = FieldPath.get(row, otherFields.get(i));
      if (value != null) {
        values[i] = conversion.convert(value, column(otherFields.get(i)));
        found++;
      } else if (explicit && !row.partial()) {
        throw new RejectedException(
            "Field '%s' of entity '%s' is mapped to column '%s', but the event has only %s. Correct the mapping, or the writer."
                .formatted(
                    otherFields.get(i),
                    mapping.entity(),
                    column(otherFields.get(i)).name(),
                    row.names()));
      }
    }
    if (found == values.length) {
      return Row.wrap(otherFields, values, false);
    }
    Row.Builder some = Row.builder().partial(true);
    for (int i = 0; i < values.length; i++) {
      if (values[i] != null) {
        some.put(otherFields.get(i), values[i]);
      }
    }
    return some.build();
  }
}
