package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Whether one captured table can be captured, and is. */
final class TableCheck {
  private static final String KEY_IS_DEFERRABLE =
      """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = ?::oid AND indisprimary AND NOT indimmediate)""";

  private static final String UNLOGGED =
      """
      SELECT pg_catalog.string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relpersistence = 'u' AND c.relkind = 'r'
        AND c.oid IN (SELECT ?::oid UNION ALL SELECT relid FROM pg_catalog.pg_partition_tree(?::oid::regclass))""";

  private TableCheck() {}

  /**
   * Everything that is wrong with the table; empty where it is captured soundly.
   *
   * @param captured all tables of the source
   */
  static List<Finding> findings(
      Connection connection, CapturedTable table, List<CapturedTable> captured)
      throws SQLException {
    Optional<TableLayout> layout = new Catalog(connection).table(table.schema(), table.table());
    if (layout.isEmpty()) {
      return List.of(
          Finding.refused(
              "table-missing",
              "The captured table "
                  + table.name()
                  + " does not exist (it was renamed, moved, dropped or never created).",
              "Give it that name again, or change the source's capture list."));
    }
    List<Finding> findings = new ArrayList<>();
    checkTable(connection, table, layout.get(), findings);
    new PartitionCheck(connection, table, layout.get(), findings).run(captured);
    TriggerCheck.run(connection, table, layout.get(), findings);
    return findings;
  }

  private static void checkTable(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings)
      throws SQLException {
    if (layout.key().isEmpty()) {
      findings.add(
          Finding.refused(
              "no-primary-key",
              "The captured table "
                  + table.name()
                  + " has no primary key, so its changes cannot be ordered or applied.",
              "ALTER TABLE " + table.sqlName() + " ADD PRIMARY KEY (…)"));
    } else if ("t".equals(one(connection, KEY_IS_DEFERRABLE, layout.oid()))) {
      findings.add(
          Finding.refused(
              "deferrable-key",
              "The primary key of "
                  + table.name()
                  + " is DEFERRABLE, so two rows may share a key for a while.",
              "Make it NOT DEFERRABLE: drop the constraint and add it again."));
    }
    checkLogged(connection, table, layout, findings);
    checkNames(table, layout, findings);
    checkFields(table, layout, findings);
    for (String column : layout.key()) {
      if (!table.includes(column)) {
        findings.add(
            Finding.refused(
                "key-excluded",
                "Column '"
                    + column
                    + "' is part of the key of "
                    + table.name()
                    + " but left out of its events.",
                "Take it out of exclude(…), or name it in columns(…)."));
      }
    }
  }

  /** A crash of the server empties unlogged tables, and no trigger fires for the rows that go. */
  private static void checkLogged(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(UNLOGGED)) {
      query.setLong(1, layout.oid());
      query.setLong(2, layout.oid());
      try (ResultSet row = query.executeQuery()) {
        String unlogged = row.next() ? row.getString(1) : null;
        if (unlogged != null) {
          findings.add(
              Finding.refused(
                  "table-unlogged",
                  "%s (captured as %s) is UNLOGGED: a crash of the server empties it, and no consumer is told."
                      .formatted(unlogged, table.name()),
                  "ALTER TABLE … SET LOGGED"));
        }
      }
    }
  }

  /** A name that is no column's: what was to be left out would be published, or the reverse. */
  private static void checkNames(CapturedTable table, TableLayout layout, List<Finding> findings) {
    Map<String, Collection<String>> named = new LinkedHashMap<>();
    named.put("columns", table.columns());
    named.put("exclude", table.excluded());
    named.put("ignoreWhenAlone", table.ignoredAlone());
    named.put("rename", table.fields().keySet());
    named.forEach(
        (option, names) -> {
          List<String> unknown =
              names.stream()
                  .filter(name -> !layout.columns().containsKey(name))
                  .filter(name -> !option.equals("exclude") || !layout.virtual().contains(name))
                  .sorted()
                  .toList();
          if (!unknown.isEmpty()) {
            findings.add(
                Finding.refused(
                    "column-unknown",
                    "%s(…) of %s names what is no column that its trigger sees: %s."
                        .formatted(option, table.name(), String.join(", ", unknown)),
                    "Spell it as the catalog does. The columns are %s%s."
                        .formatted(
                            String.join(", ", layout.columns().keySet()),
                            layout.virtual().isEmpty()
                                ? ""
                                : "; virtual, and so not seen: "
                                    + String.join(", ", layout.virtual()))));
          }
        });
  }

  /** A field that two columns would fill. */
  private static void checkFields(CapturedTable table, TableLayout layout, List<Finding> findings) {
    Set<String> taken = new HashSet<>();
    for (String column : layout.columns().keySet()) {
      if (table.includes(column) && !taken.add(table.field(column))) {
        findings.add(
            Finding.refused(
                "field-twice",
                "Two columns of " + table.name() + " fill the field '" + table.field(column) + "'.",
                "Rename one of them, or exclude it."));
      }
    }
  }

  private static String one(Connection connection, String sql, long oid) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, oid);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? String.valueOf(row.getString(1)) : "";
      }
    }
  }
}
