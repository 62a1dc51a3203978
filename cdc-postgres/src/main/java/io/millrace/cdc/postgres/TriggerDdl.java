package io.millrace.cdc.postgres;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** The triggers on one captured table. */
final class TriggerDdl {
  /**
   * Sorts before every name that begins with a letter: another trigger may write the row again, and
   * must not be logged first.
   */
  static final String ROW = "!millrace_row";

  static final String UPDATE = "!millrace_update";
  static final String TRUNCATE = "!millrace_truncate";

  /** Every trigger of the change log with its table, quoted. */
  static final String ALL_TRIGGERS =
      """
      SELECT pg_catalog.quote_ident(t.tgname), t.tgrelid::pg_catalog.regclass::text
      FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = 'millrace' AND p.proname IN ('capture', 'capture_settled', 'capture_json', 'capture_truncated') AND NOT t.tgisinternal AND t.tgparentid = 0""";

  /**
   * Triggers that log what is written to a table under the name that it had, or that the table has
   * of which it is a copy; the parameters are that name and the oid of who has it now. Those of a
   * partition are its table's.
   */
  static final String ELSEWHERE =
      """
      SELECT t.tgname, t.tgrelid::pg_catalog.regclass
      FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = 'millrace' AND p.proname IN ('capture', 'capture_settled', 'capture_json') AND NOT t.tgisinternal AND t.tgparentid = 0
        AND pg_catalog.starts_with(pg_catalog.encode(t.tgargs, 'hex'),
          pg_catalog.encode(pg_catalog.convert_to(%s, pg_catalog.getdatabaseencoding()), 'hex') || '00') AND t.tgrelid <> %s::oid""";

  /** Drops all of the log; the schema goes too where nothing else is in it. */
  static final List<String> DROP_LOG =
      List.of(
          "DROP FUNCTION IF EXISTS millrace.capture()",
          "DROP FUNCTION IF EXISTS millrace.capture_settled()",
          "DROP FUNCTION IF EXISTS millrace.capture_json()",
          "DROP FUNCTION IF EXISTS millrace.capture_truncated()",
          "DROP FUNCTION IF EXISTS millrace.adopt(text, text, boolean)",
          "DROP FUNCTION IF EXISTS millrace.has_brought_rows(regclass, regclass)",
          "DROP FUNCTION IF EXISTS millrace.capture_with_care(text, record, record, text[])",
          "DROP FUNCTION IF EXISTS millrace.differ_only_in(record, record, text[])",
          "DROP FUNCTION IF EXISTS millrace.exact(record)",
          "DROP FUNCTION IF EXISTS millrace.is_applied(text, text, bigint)",
          "DROP FUNCTION IF EXISTS millrace.mark_key(jsonb, text[])",
          "DROP FUNCTION IF EXISTS millrace.beat(text, bigint, bigint, text, bigint)",
          "DROP FUNCTION IF EXISTS millrace.append(text, text, bytea)",
          "DROP FUNCTION IF EXISTS millrace.hops_here(text)",
          "DROP FUNCTION IF EXISTS millrace.incarnation()",
          "DROP FUNCTION IF EXISTS millrace.rotate(bigint, interval)",
          "DROP FUNCTION IF EXISTS millrace.retain(interval, interval, bigint)",
          "DROP FUNCTION IF EXISTS millrace.drop_segments(regclass[])",
          "DROP FUNCTION IF EXISTS millrace.is_needed(regclass, millrace.reader)",
          "DROP FUNCTION IF EXISTS millrace.make_segment(bigint)",
          "DROP TABLE IF EXISTS millrace.heartbeat",
          "DROP TABLE IF EXISTS millrace.partition",
          "DROP TABLE IF EXISTS millrace.change_log",
          "DROP TABLE IF EXISTS millrace.reader",
          "DROP TABLE IF EXISTS millrace.registration",
          "DROP SEQUENCE IF EXISTS millrace.change_log_id",
          """
          DO $millrace$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'millrace') THEN
              DROP SCHEMA IF EXISTS millrace;
            END IF;
          END $millrace$""");

  private TriggerDdl() {}

  /** Statements that leave the table with exactly our triggers, whatever it had before. */
  static List<String> create(CapturedTable table, TableLayout layout) {
    String name = table.sqlName();
    String call =
        arguments(table, layout).stream()
            .map(Sql::literal)
            .collect(Collectors.joining(", ", function(table, layout) + "(", ")"));
    List<String> statements = new ArrayList<>();
    statements.add(dropElsewhere(table));
    List<TableLayout.Partition> partitions = layout.partitions().orElse(List.of());
    List<String> all = new ArrayList<>(List.of(name));
    partitions.forEach(partition -> all.add(partition.name()));
    for (String one : all) {
      for (String trigger : List.of(ROW, UPDATE, TRUNCATE)) {
        statements.add("DROP TRIGGER IF EXISTS " + Sql.identifier(trigger) + " ON " + one);
      }
    }
    statements.add(trigger(ROW, "AFTER", "INSERT OR DELETE", name, "FOR EACH ROW", call));
    // No WHEN: a statement pays for it more than for the whole function (see millrace.capture).
    statements.add(trigger(UPDATE, "AFTER", "UPDATE", name, "FOR EACH ROW", call));
    // Before those of its partitions, which leave to it what it has logged.
    String when = layout.partitions().isPresent() ? "BEFORE" : "AFTER";
    statements.add(trigger(TRUNCATE, when, "TRUNCATE", name, "FOR EACH STATEMENT", call));
    statements.add("ALTER TABLE " + name + " ENABLE ALWAYS TRIGGER " + Sql.identifier(TRUNCATE));
    for (String one : all) {
      for (String trigger : List.of(ROW, UPDATE)) { // not passed on before PostgreSQL 15
        statements.add("ALTER TABLE " + one + " ENABLE ALWAYS TRIGGER " + Sql.identifier(trigger));
      }
    }
    return statements;
  }

  /** A table that was renamed keeps its triggers, and with them the name that it logs. */
  private static String dropElsewhere(CapturedTable table) {
    String oid = Sql.literal(table.sqlName()) + "::pg_catalog.regclass";
    return """
    DO $millrace_do$
    DECLARE
      v_trigger record;
    BEGIN
      FOR v_trigger IN %s LOOP
        EXECUTE pg_catalog.format('DROP TRIGGER %%I ON %%s', v_trigger.tgname, v_trigger.tgrelid);
      END LOOP;
    END $millrace_do$"""
        .formatted(ELSEWHERE.formatted(Sql.literal(table.name()), oid));
  }

  /** What the triggers on this table call: the quickest function that is right for its types. */
  static String function(CapturedTable table, TableLayout layout) {
    boolean settled =
        table.ignoredAlone().isEmpty()
            && layout.columns().values().stream().allMatch(PgType::isIndependent);
    if (!settled) {
      return "millrace.capture";
    }
    return mode(layout).equals("json") ? "millrace.capture_json" : "millrace.capture_settled";
  }

  /** What the triggers on this table hand to their function. */
  static List<String> arguments(CapturedTable table, TableLayout layout) {
    return List.of(
        table.name(), Sql.array(layout.key()), Sql.array(table.ignoredAlone()), mode(layout));
  }

  private static String mode(TableLayout layout) {
    Collection<PgType> types = layout.columns().values();
    return types.stream().anyMatch(PgType::dependsOnSession)
        ? "exact"
        : types.stream().anyMatch(PgType::holdsJson) ? "json" : "plain";
  }

  /** Takes the partitions of a partitioned table as they are now. */
  static String adopt(CapturedTable table) {
    return "SELECT millrace.adopt("
        + Sql.literal(table.schema())
        + ", "
        + Sql.literal(table.table())
        + ", NULL)";
  }

  private static String trigger(
      String trigger, String when, String events, String table, String level, String call) {
    return "CREATE TRIGGER "
        + Sql.identifier(trigger)
        + " "
        + when
        + " "
        + events
        + " ON "
        + table
        + " "
        + level
        + " EXECUTE FUNCTION "
        + call;
  }
}
