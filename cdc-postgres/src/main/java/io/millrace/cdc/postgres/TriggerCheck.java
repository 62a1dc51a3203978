package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whether the triggers of one captured table, and of its partitions, are as they should be. */
final class TriggerCheck {
  /** The arguments stand in the database's own encoding, each before a zero byte. */
  private static final String TRIGGERS =
      """
      SELECT t.tgname, t.tgenabled, n.nspname || '.' || p.proname, t.tgtype, CASE n.nspname WHEN 'millrace' THEN ARRAY(
        SELECT pg_catalog.convert_from(pg_catalog.decode(m.part[1], 'hex'), pg_catalog.getdatabaseencoding())
        FROM pg_catalog.regexp_matches(pg_catalog.encode(t.tgargs, 'hex'), '((?:(?!00)..)*)00', 'g') WITH ORDINALITY AS m (part, place)
        ORDER BY m.place) ELSE '{}' END
      FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE t.tgrelid = ?::oid""";

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
      String name, String enabled, String function, int type, List<String> arguments) {}

  private TriggerCheck() {}

  static boolean areAsTheyShouldBe(Connection connection, CapturedTable table, TableLayout layout)
      throws SQLException {
    List<Finding> findings = new ArrayList<>();
    run(connection, table, layout, findings);
    return findings.isEmpty();
  }

  /** Adds what is wrong with the triggers of the table, and of its partitions. */
  static void run(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings)
      throws SQLException {
    check(connection, table, layout, layout.oid(), table.name(), findings);
    checkElsewhere(connection, table, layout, findings);
    for (TableLayout.Partition partition : layout.partitions().orElse(List.of())) {
      if (!partition.foreign()) {
        check(connection, table, layout, partition.oid(), partition.name(), findings);
      }
    }
  }

  private static void check(
      Connection connection,
      CapturedTable table,
      TableLayout layout,
      long oid,
      String relation,
      List<Finding> findings)
      throws SQLException {
    Map<String, Trigger> triggers = new HashMap<>();
    for (Trigger trigger : triggers(connection, oid)) {
      triggers.put(trigger.name(), trigger);
    }
    // A partition's trigger for TRUNCATE is its own, and made when it is taken notice of.
    List<String> needed =
        oid == layout.oid()
            ? List.of(TriggerDdl.ROW, TriggerDdl.UPDATE, TriggerDdl.TRUNCATE)
            : List.of(TriggerDdl.ROW, TriggerDdl.UPDATE);
    String remedy =
        "Run source.changeLog().install(), or the statements of source.changeLog().ddl().";
    for (String name : needed) {
      Trigger trigger = triggers.get(name);
      String where = "Trigger " + name + " on " + relation;
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
          || trigger.type() != type(name, layout)
          || !trigger.arguments().equals(TriggerDdl.arguments(table, layout))) {
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
    checkOrder(triggers.values(), oid == layout.oid() ? table.sqlName() : relation, findings);
  }

  /** What another table's triggers log under this one's name would be taken for its changes. */
  private static void checkElsewhere(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(TriggerDdl.ELSEWHERE.formatted("?", "?"))) {
      query.setString(1, table.name());
      query.setLong(2, layout.oid());
      try (ResultSet row = query.executeQuery()) {
        if (row.next()) {
          findings.add(
              Finding.refused(
                  "trigger-elsewhere",
                  "Table %s, which had the name of %s or was copied from it, still has its triggers: what is written there is logged as %s."
                      .formatted(row.getString(2), table.name(), table.name()),
                  "Run source.changeLog().install() or the statements of source.changeLog().ddl(), which drop them."));
        }
      }
    }
  }

  /** A trigger that writes the row again must not be logged first. */
  private static void checkOrder(
      Collection<Trigger> triggers, String relation, List<Finding> findings) {
    for (Trigger trigger : triggers) {
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
                    + relation
                    + " fires before the change log's and can write the row again.",
                "ALTER TRIGGER "
                    + Sql.identifier(trigger.name())
                    + " ON "
                    + relation
                    + " RENAME TO a name that sorts later."));
      }
    }
  }

  private static int type(String name, TableLayout layout) {
    boolean before = name.equals(TriggerDdl.TRUNCATE) && layout.partitions().isPresent();
    return OURS.getOrDefault(name, 0) | (before ? BEFORE : 0);
  }

  /** Whether the trigger is right but for what a column of another type asks for. */
  private static boolean onlyMode(Trigger trigger, CapturedTable table, TableLayout layout) {
    List<String> has = trigger.arguments();
    List<String> needs = TriggerDdl.arguments(table, layout);
    return trigger.function().startsWith("millrace.capture")
        && trigger.type() == type(trigger.name(), layout)
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
                  List.of((String[]) row.getArray(5).getArray())));
        }
      }
    }
    return triggers;
  }
}
