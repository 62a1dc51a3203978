package io.millrace.examples.copy;

import io.millrace.examples.monolith.Change;
import io.millrace.examples.monolith.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What must become of a table, in the judge's words.
 *
 * @param source all its columns, those that are copied under the names they have in the events
 * @param target the mapped columns over there
 * @param hidden fields that stay at home
 * @param wanted rows that are copied
 * @param disguised what stands in place of a value, by field; never asked about null
 */
record CopiedTable(
    Table source,
    Table target,
    Set<String> hidden,
    Predicate<Map<String, @Nullable String>> wanted,
    Map<String, UnaryOperator<String>> disguised) {

  String entity() {
    return source.entity();
  }

  boolean is(String entity) {
    return entity().equals(entity);
  }

  /** A field of every row that is copied as it is and may be set to anything. */
  String touched() {
    return switch (entity()) {
      case "customer" -> "name";
      case "article" -> "price";
      default -> "note";
    };
  }

  /** The values of a row's key, in its order. */
  List<String> key(Map<String, @Nullable String> row) {
    return source.columns().stream()
        .limit(source.keySize())
        .map(column -> String.valueOf(row.get(column.field())))
        .toList();
  }

  /** The row as events must show it. */
  private Map<String, @Nullable String> shown(Map<String, @Nullable String> row) {
    Map<String, @Nullable String> shown = new TreeMap<>(row);
    shown.keySet().removeAll(hidden);
    disguised.forEach(
        (field, disguise) -> shown.computeIfPresent(field, (name, value) -> disguise.apply(value)));
    return shown;
  }

  /** The row as the target must show it; null where it must not be there. */
  @Nullable Map<String, @Nullable String> copied(Map<String, @Nullable String> row) {
    if (!wanted.test(row)) {
      return null;
    }
    Map<String, @Nullable String> copied = shown(row);
    copied.keySet().retainAll(target.columns().stream().map(Table.Column::field).toList());
    return copied;
  }

  /** The events that a change of a row must make, in their order. */
  List<Change> events(
      @Nullable Map<String, @Nullable String> before,
      @Nullable Map<String, @Nullable String> after) {
    Map<String, @Nullable String> old = before != null && wanted.test(before) ? before : null;
    Map<String, @Nullable String> now = after != null && wanted.test(after) ? after : null;
    List<Change> events = new ArrayList<>();
    if (old != null && now != null && source.id(old).equals(source.id(now))) {
      Map<String, @Nullable String> changed = shown(now);
      changed.keySet().removeIf(field -> Objects.equals(old.get(field), now.get(field)));
      if (!changed.isEmpty()) {
        events.add(change(now, "UPDATED", changed));
      }
      return events;
    }
    if (old != null) {
      events.add(change(old, "DELETED", Map.of()));
    }
    if (now != null) {
      events.add(change(now, "CREATED", shown(now)));
    }
    return events;
  }

  private Change change(
      Map<String, @Nullable String> row, String type, Map<String, @Nullable String> fields) {
    return new Change("shop", entity(), source.id(row), type, fields);
  }
}
