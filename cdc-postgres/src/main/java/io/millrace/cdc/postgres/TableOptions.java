package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What can be chosen about one captured table. Not safe for use by several threads. */
public final class TableOptions {
  private final String schema;
  private final String table;
  private String entity;
  private final Set<String> ignoredAlone = new TreeSet<>();
  private final Set<String> excluded = new LinkedHashSet<>();
  private final Set<String> columns = new LinkedHashSet<>();
  private final Map<String, String> fields = new LinkedHashMap<>();
  private boolean partitionsComeAndGo;

  TableOptions(String schema, String table) {
    this.schema = schema;
    this.table = table;
    this.entity = table;
  }

  /** The logical name in the events; default the table's name. */
  public TableOptions entity(String entity) {
    this.entity = Check.notBlank(entity, "entity");
    return this;
  }

  /**
   * Columns whose change is no change when nothing else changed, e.g. {@code updated_at}. Part of
   * the installed trigger.
   */
  public TableOptions ignoreWhenAlone(String... columns) {
    add(ignoredAlone, columns);
    return this;
  }

  /**
   * Columns that are left out of the events; the key's cannot be. The change log holds them
   * nevertheless.
   */
  public TableOptions exclude(String... columns) {
    add(excluded, columns);
    return this;
  }

  /** The only columns that the events have; the key's must be among them. Default all. */
  public TableOptions columns(String... columns) {
    add(this.columns, columns);
    return this;
  }

  /**
   * The entity's name for a column: what stands in the events instead of the column's own name.
   * Default the column's name.
   */
  public TableOptions rename(String column, String field) {
    Check.notBlank(field, "field");
    Check.argument(!fields.containsValue(field), "two columns are renamed to field '%s'", field);
    String earlier = fields.put(Check.notBlank(column, "column"), field);
    Check.argument(earlier == null, "column '%s' is renamed twice", column);
    return this;
  }

  /**
   * For a partitioned table: partitions may be attached with rows in them, detached and dropped.
   * Those rows come and go without an event; each time is a line in the log. Without this the
   * pipeline stops when it meets one, since consumers would lack rows or keep them for ever. Empty
   * partitions come as they like.
   */
  public TableOptions partitionsComeAndGo() {
    partitionsComeAndGo = true;
    return this;
  }

  private static void add(Set<String> set, String... columns) {
    for (String column : columns) {
      set.add(Check.notBlank(column, "column"));
    }
  }

  CapturedTable toTable() {
    return new CapturedTable(
        schema,
        table,
        entity,
        List.copyOf(ignoredAlone),
        Set.copyOf(excluded),
        Set.copyOf(columns),
        Map.copyOf(fields),
        partitionsComeAndGo);
  }
}
