package io.millrace.examples.copy;

import io.millrace.examples.monolith.Judge;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Both databases row by row, with plain JDBC: what the source has, seen through filter and
 * disguises, against what the target has in the columns that are copied.
 *
 * @param expected by entity and key what the target must show
 * @param found by entity and key what it shows
 */
record Comparison(
    Map<String, Map<String, Map<String, @Nullable String>>> expected,
    Map<String, Map<String, Map<String, @Nullable String>>> found) {

  /** Reads both, one after the other: while somebody writes, rows under way differ. */
  static Comparison of(Databases databases) throws SQLException {
    Map<String, Map<String, Map<String, @Nullable String>>> expected = new TreeMap<>();
    Map<String, Map<String, Map<String, @Nullable String>>> found = new TreeMap<>();
    try (Connection source = databases.connectToSource();
        Connection target = databases.connectToTarget()) {
      for (CopiedTable table : CopiedTables.ALL) {
        Map<String, Map<String, @Nullable String>> copied = new LinkedHashMap<>();
        table
            .source()
            .readAll(source)
            .forEach(
                (id, row) -> {
                  Map<String, @Nullable String> shown = table.copied(row);
                  if (shown != null) {
                    copied.put(id, shown);
                  }
                });
        expected.put(table.entity(), copied);
        Map<String, Map<String, @Nullable String>> there = new LinkedHashMap<>();
        table
            .target()
            .readAll(target)
            .forEach(
                (id, row) -> {
                  if (!Rows.isTargetsOwn(table, id)) {
                    there.put(id, new TreeMap<>(row));
                  }
                });
        found.put(table.entity(), there);
      }
    }
    return new Comparison(expected, found);
  }

  /** Rows that are not the same, as one line each. */
  List<String> differences() {
    List<String> differences = new ArrayList<>();
    expected.forEach(
        (entity, rows) ->
            differences.addAll(
                Judge.differences(
                    entity,
                    new Judge.Side("copied source", rows),
                    new Judge.Side("target", found.getOrDefault(entity, Map.of())))));
    return differences;
  }

  /** Rows per entity. */
  Map<String, Integer> rows() {
    Map<String, Integer> rows = new TreeMap<>();
    expected.forEach((entity, all) -> rows.put(entity, all.size()));
    return rows;
  }
}
