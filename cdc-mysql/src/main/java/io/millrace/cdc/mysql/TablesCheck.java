package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The part of preflight that looks at the captured tables and at ours. */
final class TablesCheck {
  private static final Set<String> UNSUPPORTED = Set.of("xmltype");

  /** A line of SHOW CREATE TABLE: the name, and what it refers to and does. */
  private static final Pattern FOREIGN_KEY =
      Pattern.compile("^\\s+CONSTRAINT (\\S+) FOREIGN KEY (.+?),?$", Pattern.MULTILINE);

  private static final Pattern ACTION = Pattern.compile(" ON (UPDATE|DELETE) (CASCADE|SET NULL)");

  private final Connection connection;
  private final Flavour flavour;
  private final SourceSettings settings;

  /** The columns of all tables that a pattern captures. */
  private final Map<TablePattern, Set<String>> ofPattern = new LinkedHashMap<>();

  TablesCheck(Connection connection, Flavour flavour, SourceSettings settings) {
    this.connection = connection;
    this.flavour = flavour;
    this.settings = settings;
  }

  void run(List<Finding> findings) throws SQLException {
    List<CapturedTable> tables = settings.tables().now(connection);
    patterns(findings, tables);
    for (CapturedTable table : tables) {
      String engine = engine(table);
      if (engine == null) {
        findings.add(
            Finding.refused(
                "table-missing",
                "Captured table " + table.qualified() + " does not exist or may not be seen.",
                OutboxTable.is(table)
                    ? "Call registration().install() once more, or run registration().ddl()."
                    : "Create it, spell it as the server does, or GRANT SELECT on it."));
        continue;
      }
      if (!engine.equalsIgnoreCase("InnoDB")) {
        findings.add(
            Finding.warning(
                "table-engine",
                table.qualified() + " is stored by " + engine + ", which has no transactions.",
                "ALTER TABLE " + table.qualified() + " ENGINE=InnoDB"));
      }
      columns(findings, table);
      key(findings, table);
      cascades(findings, table);
    }
    // Not each table that a pattern matches need have the column.
    ofPattern.forEach(
        (pattern, columns) -> names(findings, pattern.options().toTable(), List.copyOf(columns)));
    if (settings.log().isEmpty()
        && ServerCatalog.value(
                connection,
                "select 1 from information_schema.tables where table_schema = ? and table_name ="
                    + " 'millrace_registration'",
                settings.registrationDatabase())
            .isEmpty()) {
      findings.add(
          Finding.refused(
              "registration-missing",
              "There is no " + settings.registrationDatabase() + ".millrace_registration.",
              "Call registration().install() once, or run registration().ddl()."));
    } else {
      new HeartbeatTable(settings).check(connection).ifPresent(findings::add);
    }
  }

  private void patterns(List<Finding> findings, List<CapturedTable> tables) {
    for (TablePattern pattern : settings.tables().patterns()) {
      if (tables.stream().noneMatch(table -> pattern.matches(table.database(), table.table()))) {
        findings.add(
            Finding.warning(
                "pattern-empty",
                "No table matches " + pattern.text() + " now, or none may be seen.",
                "Nothing, where they are made later; else spell it as the server does, or GRANT SELECT"
                    + " on them."));
      }
    }
    Map<String, CapturedTable> owners = new HashMap<>();
    for (CapturedTable table : tables) {
      CapturedTable other = owners.putIfAbsent(table.entity(), table);
      if (other != null) {
        findings.add(
            Finding.refused(
                "entity-twice",
                String.format(
                    Locale.ROOT,
                    "Tables %s and %s are both entity '%s'.",
                    other.qualified(),
                    table.qualified(),
                    table.entity()),
                "Give the pattern a rule that tells them apart, entity((database, table) -> …), or take"
                    + " one out with exclude(…)."));
      }
    }
  }

  private @Nullable String engine(CapturedTable table) throws SQLException {
    List<List<@Nullable String>> rows =
        ServerCatalog.rows(
            connection,
            "select engine from information_schema.tables where table_type in ('BASE TABLE', 'SYSTEM"
                + " VERSIONED') and binary table_schema = ? and binary table_name = ?",
            table.database(),
            table.table());
    return rows.isEmpty() ? null : rows.get(0).get(0);
  }

  private void columns(List<Finding> findings, CapturedTable table) throws SQLException {
    String sql =
        "select column_name, data_type, character_set_name from"
            + " information_schema.columns where table_schema = ? and table_name = ?";
    List<String> names = new ArrayList<>();
    for (List<@Nullable String> row :
        ServerCatalog.rows(connection, sql, table.database(), table.table())) {
      names.add(String.valueOf(row.get(0)));
      String type = String.valueOf(row.get(1)).toLowerCase(Locale.ROOT);
      String charset = row.get(2);
      if (table.use(String.valueOf(row.get(0))) == Column.Use.NONE) {
        continue;
      }
      String what =
          UNSUPPORTED.contains(type)
              ? type.toUpperCase(Locale.ROOT)
              : charset != null && !MySqlCharsets.isKnown(charset)
                  ? "text in character set " + charset
                  : null;
      if (what != null) {
        findings.add(
            Finding.refused(
                "column-type",
                String.format(
                    Locale.ROOT,
                    "Column '%s' of %s is %s, which is not supported.",
                    row.get(0),
                    table.qualified(),
                    what),
                "Change the column's type, or leave it out with exclude(…)."));
      }
    }
    if (settings.tables().named().contains(table)) {
      names(findings, table, names);
    } else {
      settings
          .tables()
          .pattern(table)
          .ifPresent(p -> ofPattern.computeIfAbsent(p, any -> new TreeSet<>()).addAll(names));
    }
  }

  /** A name that is no column's: what was to be left out or masked would be published. */
  private static void names(List<Finding> findings, CapturedTable table, List<String> columns) {
    table
        .namedColumns()
        .forEach(
            (option, named) -> {
              List<String> unknown =
                  named.stream().filter(name -> !columns.contains(name)).sorted().toList();
              if (!unknown.isEmpty()) {
                findings.add(
                    Finding.refused(
                        "column-unknown",
                        "%s(…) of %s names what is no column of it: %s."
                            .formatted(option, table.qualified(), String.join(", ", unknown)),
                        "Spell it as the server does. The columns are "
                            + String.join(", ", columns)
                            + "."));
              }
            });
  }

  private void key(List<Finding> findings, CapturedTable table) throws SQLException {
    boolean has =
        !table.key().isEmpty()
            || !ServerCatalog.value(
                    connection,
                    // table_constraints shows nothing to who has only SELECT (MariaDB)
                    "select 1 from information_schema.statistics where index_name = 'PRIMARY'"
                        + " and table_schema = ? and table_name = ? limit 1",
                    table.database(),
                    table.table())
                .isEmpty();
    if (!has) {
      findings.add(
          Finding.refused(
              "primary-key",
              table.qualified() + " has no primary key.",
              "Add one, or name unique columns with key(…)."));
    }
  }

  /** InnoDB carries these out below the log, on all MariaDB and on MySQL before 9.6. */
  private void cascades(List<Finding> findings, CapturedTable table) throws SQLException {
    if (flavour == Flavour.MYSQL
        && !ServerSettingsCheck.isBefore(connection, 9, 6)
        && !ServerCatalog.variable(connection, "innodb_native_foreign_keys")
            .equalsIgnoreCase("ON")) {
      return;
    }
    // Not from referential_constraints, which shows nothing to who has only SELECT (MariaDB).
    String name =
        MySqlRegistration.quoted(table.database()) + "." + MySqlRegistration.quoted(table.table());
    String made =
        String.valueOf(ServerCatalog.rows(connection, "show create table " + name).get(0).get(1));
    Matcher foreignKeys = FOREIGN_KEY.matcher(made);
    while (foreignKeys.find()) {
      if (!ACTION.matcher(foreignKeys.group(2)).find()) {
        continue;
      }
      findings.add(
          Finding.refused(
              "foreign-key-cascade",
              String.format(
                  Locale.ROOT,
                  "Foreign key %s of %s changes rows by itself (%s), and this server does not log that.",
                  foreignKeys.group(1),
                  table.qualified(),
                  foreignKeys.group(2)),
              "Make it RESTRICT and change the rows in the application or a trigger."));
    }
  }
}
