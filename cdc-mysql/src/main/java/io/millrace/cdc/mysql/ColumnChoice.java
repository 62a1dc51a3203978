package io.millrace.cdc.mysql;

import io.millrace.cdc.source.Secret;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which columns of a table stand in its events, and as what.
 *
 * @param included patterns of which one must match; empty for all
 * @param excluded patterns of which none may match
 * @param single what is made of columns named one by one
 * @param hashSecret for those that are hashed
 */
record ColumnChoice(
    List<Pattern> included,
    List<Pattern> excluded,
    Map<String, Column.Use> single,
    @Nullable Secret hashSecret) {
  static final ColumnChoice ALL = new ColumnChoice(List.of(), List.of(), Map.of(), null);

  ColumnChoice {
    included = List.copyOf(included);
    excluded = List.copyOf(excluded);
    single = Map.copyOf(single);
  }

  Column.Use of(String column) {
    boolean wanted =
        (included.isEmpty() || matches(included, column)) && !matches(excluded, column);
    return wanted ? single.getOrDefault(column, Column.Use.VALUE) : Column.Use.NONE;
  }

  /** The pattern of a name in which {@code *} stands for anything. */
  static Pattern pattern(String name) {
    return Pattern.compile(
        Stream.of(name.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }

  /** Those of the patterns that are plain names. */
  static List<String> plainNames(List<Pattern> patterns) {
    return patterns.stream()
        .map(Pattern::pattern)
        .filter(pattern -> !pattern.contains("\\E.*\\Q"))
        .map(pattern -> pattern.substring(2, pattern.length() - 2))
        .toList();
  }

  private static boolean matches(List<Pattern> patterns, String column) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(column).matches());
  }
}
