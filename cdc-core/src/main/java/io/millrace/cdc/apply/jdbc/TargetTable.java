package io.millrace.cdc.apply.jdbc;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as the target's catalog describes it.
 *
 * @param name {@code schema.table} or {@code database.table}, as a reader of its log names it;
 *     stands in {@code mark_table}
 * @param sqlName quoted for statements
 * @param columns all of them
 * @param keyColumns names of the primary key's columns, in its order; empty where there is none
 * @param keyArbitrates whether an upsert matches rows by the primary key and by nothing else
 */
public record TargetTable(
    String name,
    String sqlName,
    List<TargetColumn> columns,
    List<String> keyColumns,
    boolean keyArbitrates) {
  /** Copies the lists. */
  public TargetTable {
    columns = List.copyOf(columns);
    keyColumns = List.copyOf(keyColumns);
  }

  /** The column of a name, or null. */
  public @Nullable TargetColumn column(String column) {
    for (TargetColumn candidate : columns) {
      if (candidate.name().equals(column)) {
        return candidate;
      }
    }
    return null;
  }
}
