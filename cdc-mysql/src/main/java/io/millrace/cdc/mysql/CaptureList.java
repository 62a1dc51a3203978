package io.millrace.cdc.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which tables are captured: those that are named, and those that a pattern matches and no
 * exclusion takes out, whenever they are made. The first pattern that matches counts. Immutable.
 *
 * @param named the outbox among them, where it is read
 * @param patterns in the order in which they were given
 * @param excluded patterns of tables that no pattern captures
 */
record CaptureList(
    List<CapturedTable> named, List<TablePattern> patterns, List<TablePattern> excluded) {
  private static final Set<String> SYSTEM =
      Set.of("mysql", "sys", "information_schema", "performance_schema");
  private static final String OURS = "millrace_";
  private static final int LONGEST_STORED = 2_000;

  CaptureList {
    named = List.copyOf(named);
    patterns = List.copyOf(patterns);
    excluded = List.copyOf(excluded);
  }

  /** What to make of a table; null where it is not captured. */
  @Nullable CapturedTable find(String database, String table) {
    for (CapturedTable one : named) {
      if (one.table().equals(table) && one.database().equals(database)) {
        return one;
      }
    }
    if (patterns.isEmpty() || isOurs(table) || SYSTEM.contains(database.toLowerCase(Locale.ROOT))) {
      return null;
    }
    if (excluded.stream().anyMatch(pattern -> pattern.matches(database, table))) {
      return null;
    }
    return pattern(database, table)
        .map(pattern -> pattern.options().toTable(database, table))
        .orElse(null);
  }

  /** The pattern that captures a table; empty for one that is captured by name. */
  Optional<TablePattern> pattern(CapturedTable table) {
    return named.contains(table) ? Optional.empty() : pattern(table.database(), table.table());
  }

  private Optional<TablePattern> pattern(String database, String table) {
    return patterns.stream().filter(pattern -> pattern.matches(database, table)).findFirst();
  }

  /** The same, of {@code database.table}. */
  @Nullable CapturedTable find(String qualified) {
    for (CapturedTable one : named) {
      if (one.qualified().equals(qualified)) {
        return one;
      }
    }
    int dot = qualified.indexOf('.');
    return dot < 0 ? null : find(qualified.substring(0, dot), qualified.substring(dot + 1));
  }

  /** Whether a table is one of this library's own, whoever wants it captured. */
  static boolean isOurs(String table) {
    return table.toLowerCase(Locale.ROOT).startsWith(OURS);
  }

  /** Whether a database has, or may get, captured tables. */
  boolean concerns(String database) {
    return named.stream().anyMatch(table -> table.database().equals(database))
        || (!SYSTEM.contains(database.toLowerCase(Locale.ROOT))
            && patterns.stream()
                .anyMatch(pattern -> pattern.database().matcher(database).matches()));
  }

  /** The database of the first table that is captured; empty where patterns leave it open. */
  Optional<String> firstDatabase() {
    return Stream.concat(
            named.stream().map(CapturedTable::database),
            patterns.stream()
                .map(TablePattern::databaseText)
                .filter(database -> !TablePattern.isPattern(database)))
        .findFirst();
  }

  /** What does not fit together. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> entities = new HashSet<>();
    for (CapturedTable table : named) {
      String name = table.qualified();
      if (!names.add(name)) {
        problems.add("table " + name + " is captured twice");
      }
      if (!entities.add(table.entity())) {
        problems.add(
            "entity '" + table.entity() + "' stands for two tables: name one with entity(…)");
      }
      if (isOurs(table.table())) {
        problems.add("table " + name + " is one of ours and cannot be captured");
      }
      if (excluded.stream().anyMatch(one -> one.matches(table.database(), table.table()))) {
        problems.add("table " + name + " is captured and excluded: drop one of the two");
      }
    }
    for (TablePattern pattern : patterns) {
      if (!names.add(pattern.text())) {
        problems.add("pattern " + pattern.text() + " is captured twice");
      }
      pattern.options().problem().ifPresent(problems::add);
    }
    if (patterns.isEmpty() && !excluded.isEmpty()) {
      problems.add(
          "exclude(…) takes tables out of patterns, and no pattern is captured: call"
              + " capture(\"database.*\") or drop it");
    }
    return problems;
  }

  /** Finds what a statement's text may say about captured tables. */
  Pattern mentioned() {
    return words(
        Stream.concat(
            named.stream().map(table -> Pattern.quote(table.table())),
            patterns.stream().map(TablePattern::mention)));
  }

  /** Finds the databases of captured tables in a statement's text. */
  Pattern databases() {
    return words(
        Stream.concat(
            named.stream().map(table -> Pattern.quote(table.database())),
            patterns.stream().map(pattern -> TablePattern.mention(pattern.databaseText()))));
  }

  private static Pattern words(Stream<String> alternatives) {
    return Pattern.compile(
        alternatives.distinct().collect(Collectors.joining("|", "(?<![\\w$])(?:", ")(?![\\w$])")),
        Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
  }

  /**
   * All tables that are captured as things stand: the named ones, there or not, and the matching.
   */
  List<CapturedTable> now(Connection connection) throws SQLException {
    List<CapturedTable> tables = new ArrayList<>(named);
    if (!patterns.isEmpty()) {
      for (List<@Nullable String> row :
          ServerCatalog.rows(
              connection,
              "select table_schema, table_name from information_schema.tables where table_type in"
                  + " ('BASE TABLE', 'SYSTEM VERSIONED') order by 1, 2")) {
        CapturedTable table = find(String.valueOf(row.get(0)), String.valueOf(row.get(1)));
        if (table != null && !tables.contains(table)) {
          tables.add(table);
        }
      }
    }
    return tables;
  }

  /** What a position keeps of it. */
  String stored() {
    String text = describe();
    return text.length() <= LONGEST_STORED ? text : "#" + Integer.toHexString(text.hashCode());
  }

  /**
   * What is captured otherwise than where a position was saved; empty where nothing, or unknown.
   */
  Optional<String> changedSince(String stored) {
    if (stored.isEmpty() || stored.equals(stored())) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "what is captured has changed since its position was saved, from (%s) to (%s). A table that"
                + " is new in it is read from that position on: what it held before is not published.",
            stored,
            stored()));
  }

  /** What was asked for, on one line; two lists with the same text capture the same tables. */
  String describe() {
    return Stream.of(
            named.stream().map(CapturedTable::qualified),
            patterns.stream().map(TablePattern::text),
            excluded.stream().map(pattern -> "without " + pattern.text()))
        .flatMap(part -> part)
        .collect(Collectors.joining(", "));
  }
}
