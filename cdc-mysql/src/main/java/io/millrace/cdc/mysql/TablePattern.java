package io.millrace.cdc.mysql;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tables captured under one rule. Immutable.
 *
 * @param text as given, {@code *} for anything: {@code shop.*}
 * @param database what the database's name must match
 * @param table what the table's name must match
 * @param options what is made of each
 */
record TablePattern(String text, Pattern database, Pattern table, TableOptions options) {
  /** Of {@code database.table} with {@code *} in it. */
  static TablePattern of(String text, TableOptions options) {
    String[] parts = CapturedTable.split(text);
    return new TablePattern(
        text, ColumnChoice.pattern(parts[0]), ColumnChoice.pattern(parts[1]), options);
  }

  static boolean isPattern(String name) {
    return name.indexOf('*') >= 0;
  }

  boolean matches(String databaseName, String tableName) {
    return database.matcher(databaseName).matches() && table.matcher(tableName).matches();
  }

  /** The name of the one database it is about, or the pattern of several. */
  String databaseText() {
    return CapturedTable.split(text)[0];
  }

  /** What a statement's text must hold to be about such a table: its name, or its database. */
  String mention() {
    String[] parts = CapturedTable.split(text);
    return parts[1].equals("*") ? mention(parts[0]) : mention(parts[1]);
  }

  /** A name, in which {@code *} stands for letters, for a pattern over SQL. */
  static String mention(String name) {
    return Stream.of(name.split("\\*", -1))
        .map(Pattern::quote)
        .collect(Collectors.joining("[\\w$]*"));
  }
}
