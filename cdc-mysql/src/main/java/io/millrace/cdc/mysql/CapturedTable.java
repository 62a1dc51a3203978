package io.millrace.cdc.mysql;

import io.millrace.cdc.internal.Check;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One table to capture.
 *
 * @param database as the server spells it
 * @param table as the server spells it
 * @param entity logical name in the events
 * @param ignoredWhenAlone columns whose change alone is no change
 * @param key columns that name a row; empty for the primary key
 * @param columns what is made of single columns
 * @param fields the entity's names for columns that are renamed
 */
record CapturedTable(
    String database,
    String table,
    String entity,
    Set<String> ignoredWhenAlone,
    List<String> key,
    ColumnChoice columns,
    Map<String, String> fields) {
  CapturedTable {
    ignoredWhenAlone = Set.copyOf(new LinkedHashSet<>(ignoredWhenAlone));
    key = List.copyOf(key);
    fields = Map.copyOf(fields);
  }

  /** What a column is called in the events. */
  String field(String column) {
    return fields.getOrDefault(column, column);
  }

  /** What is made of a column's values. */
  Column.Use use(String column) {
    return columns.of(column);
  }

  /** The columns that are named one by one, by the option that names them; no patterns. */
  Map<String, Collection<String>> namedColumns() {
    Map<String, Collection<String>> named = new LinkedHashMap<>();
    named.put("key", key);
    named.put("only", ColumnChoice.plainNames(columns.included()));
    named.put("exclude", ColumnChoice.plainNames(columns.excluded()));
    named.put("mask or hash", columns.single().keySet());
    named.put("ignoreWhenAlone", ignoredWhenAlone);
    named.put("rename", fields.keySet());
    return named;
  }

  /** As in {@code mark_table} and messages. */
  String qualified() {
    return database + "." + table;
  }

  /** Splits {@code database.table}. */
  static String[] split(String name) {
    int dot = name.indexOf('.');
    Check.argument(
        dot > 0 && dot < name.length() - 1,
        "a captured table is named database.table, got '%s'",
        name);
    return new String[] {name.substring(0, dot), name.substring(dot + 1)};
  }
}
