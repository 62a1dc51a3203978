package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the fields of an entity become the columns of a table. Without {@link #columns} and {@link
 * #rename} every column of the table is filled from the field of its name. Not safe for use by
 * several threads.
 */
public final class Mapping {
  private final Map<String, String> fields = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  Mapping() {}

  /** Maps fields to columns of the same name. What is not named is not written. */
  public Mapping columns(String... names) {
    for (String name : names) {
      put(name, name);
    }
    return this;
  }

  /** Maps a field to a column of another name. */
  public Mapping rename(String field, String column) {
    put(field, column);
    return this;
  }

  private void put(String field, String column) {
    Check.notBlank(field, "field");
    Check.notBlank(column, "column");
    if (fields.containsKey(field)) {
      problems.add("field '%s' is mapped twice: drop one".formatted(field));
    }
    if (fields.containsValue(column)) {
      problems.add("column '%s' is mapped twice: drop one".formatted(column));
    }
    fields.put(field, column);
  }

  /** What the target's builder is to report. */
  List<String> problems() {
    return problems;
  }

  /** Field to column, in order; empty where everything is mapped by name. */
  Map<String, String> fields() {
    return fields;
  }
}
