package io.millrace.cdc.apply.jdbc;

import java.util.List;
import java.util.Set;
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
 * @param exactKey whether the database tells any two different keys apart; not so where the key's
 *     collation ignores case, accents or trailing blanks
 * @param uniqueIndexes columns of each unique index besides the primary key's, without those over
 *     expressions and those that foreign keys refer to
 * @param parents names of the tables that its foreign keys refer to, written as {@code name} is
 */
public record TargetTable(
    String name,
    String sqlName,
    List<TargetColumn> columns,
    List<String> keyColumns,
    boolean keyArbitrates,
    boolean exactKey,
    List<List<String>> uniqueIndexes,
    Set<String> parents) {
  /** Copies the lists. */
  public TargetTable {
    columns = List.copyOf(columns);
    keyColumns = List.copyOf(keyColumns);
    uniqueIndexes = uniqueIndexes.stream().map(List::copyOf).toList();
    parents = Set.copyOf(parents);
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
