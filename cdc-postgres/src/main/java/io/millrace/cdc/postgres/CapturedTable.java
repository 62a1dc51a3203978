package io.millrace.cdc.postgres;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One table as the user asked for it.
 *
 * @param schema its schema, as the catalog spells it
 * @param table its name, as the catalog spells it
 * @param entity logical name in the events
 * @param ignoredAlone columns whose change alone is no change
 * @param excluded columns that are not part of the events
 * @param columns the only columns that are; empty for all
 * @param fields the entity's names for columns that are renamed
 * @param partitionsComeAndGo whether partitions may bring and take rows without events
 */
record CapturedTable(
    String schema,
    String table,
    String entity,
    List<String> ignoredAlone,
    Set<String> excluded,
    Set<String> columns,
    Map<String, String> fields,
    boolean partitionsComeAndGo) {
  /** The name in the log. */
  String name() {
    return schema + "." + table;
  }

  /** The name for SQL. */
  String sqlName() {
    return Sql.identifier(schema) + "." + Sql.identifier(table);
  }

  /** What a column is called in the events. */
  String field(String column) {
    return fields.getOrDefault(column, column);
  }

  boolean includes(String column) {
    return !excluded.contains(column) && (columns.isEmpty() || columns.contains(column));
  }
}
