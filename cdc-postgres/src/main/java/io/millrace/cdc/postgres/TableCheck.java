package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Whether one captured table can be captured, and is. */
final class TableCheck {
  private static final String TRIGGERS =
      """
      SELECT t.tgname, t.tgenabled, n.nspname || '.' || p.proname, t.tgtype, t.tgargs, t.tgisinternal
      FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE t.tgrelid = ?::oid""";

  private static final String KEY_IS_DEFERRABLE =
      """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = ?::oid AND indisprimary AND NOT indimmediate)""";

  private static final String KIND =
      "SELECT relkind::text FROM pg_catalog.pg_class WHERE oid = ?::oid";

  /** tgtype's bits, from the server's pg_trigger.h. */
  private static final int ROW_LEVEL = 1;

  private static final int BEFORE = 2;
  private static final int INSERT = 4;
  private static final int DELETE = 8;
  private static final int UPDATE = 16;
  private static final int TRUNCATE = 32;
  private static final int INSTEAD = 64;

  private static final Map<String, Integer> OURS =
      Map.of(
          TriggerDdl.ROW, ROW_LEVEL | INSERT | DELETE,
          TriggerDdl.UPDATE, ROW_LEVEL | UPDATE,
          TriggerDdl.TRUNCATE, TRUNCATE);

  private record Trigger(
      String name, String enabled, String function, int type, byte[] arguments, boolean internal) {}

  private TableCheck() {}

  static boolean triggersAreAsTheyShouldBe(
      Connection connection, CapturedTable table, TableLayout layout) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    checkTriggers(connection, table, layout, findings);
    return findings.isEmpty();
  }

  /** Everything that is wrong with the table; empty where it is captured soundly. */
  static List<Finding> findings(Connection connection, CapturedTable table) throws SQLException {
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
    checkTriggers(connection, table, layout.get(), findings);
    return findings;
  }

  private static void checkTable(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings)
      throws SQLException {
    if ("p".equals(one(connection, KIND, layout.oid()))) {
      findings.add(
          Finding.refused(
              "partitioned-table",
              "The captured table "
                  + table.name()
                  + " is partitioned, which this release cannot capture soundly.",
              "Capture its partitions one by one, or leave it out."));
    }
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

  private static void checkTriggers(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings)
      throws SQLException {
    Map<String, Trigger> triggers = new HashMap<>();
    for (Trigger trigger : triggers(connection, layout.oid())) {
      triggers.put(trigger.name(), trigger);
    }
    String remedy =
        "Run source.changeLog().install(), or the statements of source.changeLog().ddl().";
    for (String name : List.of(TriggerDdl.ROW, TriggerDdl.UPDATE, TriggerDdl.TRUNCATE)) {
      Trigger trigger = triggers.get(name);
      String where = "Trigger " + name + " on " + table.name();
      if (trigger == null) {
        findings.add(
            Finding.refused(
                "trigger-missing", where + " is missing, so its changes are not logged.", remedy));
      } else if (!trigger.enabled().equals("A")) {
        findings.add(
            Finding.refused(
                "trigger-disabled",
                where + " is not ENABLE ALWAYS (tgenabled is '" + trigger.enabled() + "').",
                remedy));
      } else if (!trigger.function().equals(TriggerDdl.function(table, layout))
          || trigger.type() != OURS.getOrDefault(name, 0)
          || !arguments(trigger).equals(TriggerDdl.arguments(table, layout))) {
        findings.add(
            onlyMode(trigger, table, layout)
                ? Finding.warning(
                    "trigger-mode",
                    where
                        + " was made when the table had other types: the text of some values may depend on the writer's session, and a"
                        + " JSON null be read as SQL's NULL.",
                    remedy)
                : Finding.refused(
                    "trigger-version",
                    where + " is not what this source needs (another release, other columns).",
                    remedy));
      }
    }
    for (Trigger trigger : triggers.values()) {
      boolean afterRow =
          (trigger.type() & ROW_LEVEL) != 0 && (trigger.type() & (BEFORE | INSTEAD)) == 0;
      if (afterRow
          && !OURS.containsKey(trigger.name())
          && trigger.name().compareTo(TriggerDdl.UPDATE) < 0) {
        findings.add(
            Finding.refused(
                "trigger-order",
                "Trigger '"
                    + trigger.name()
                    + "' on "
                    + table.name()
                    + " fires before the change log's and can write the row again.",
                "ALTER TRIGGER "
                    + Sql.identifier(trigger.name())
                    + " ON "
                    + table.sqlName()
                    + " RENAME TO a name that sorts later."));
      }
    }
  }

  /** As pg_trigger.tgargs has them: each ends with a zero byte. */
  private static List<String> arguments(Trigger trigger) {
    String text = new String(trigger.arguments(), StandardCharsets.UTF_8);
    List<String> arguments = new ArrayList<>(List.of(text.split("\0", -1)));
    arguments.remove(arguments.size() - 1);
    return arguments;
  }

  /** Whether the trigger is right but for what a column of another type asks for. */
  private static boolean onlyMode(Trigger trigger, CapturedTable table, TableLayout layout) {
    List<String> has = arguments(trigger);
    List<String> needs = TriggerDdl.arguments(table, layout);
    return trigger.function().startsWith("millrace.capture")
        && trigger.type() == OURS.getOrDefault(trigger.name(), 0)
        && has.size() == needs.size()
        && has.subList(0, has.size() - 1).equals(needs.subList(0, needs.size() - 1));
  }

  private static List<Trigger> triggers(Connection connection, long table) throws SQLException {
    List<Trigger> triggers = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(TRIGGERS)) {
      query.setLong(1, table);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          triggers.add(
              new Trigger(
                  row.getString(1),
                  row.getString(2),
                  row.getString(3),
                  row.getInt(4),
                  row.getBytes(5),
                  row.getBoolean(6)));
        }
      }
    }
    return triggers;
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
