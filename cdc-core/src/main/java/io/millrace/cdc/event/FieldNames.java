package io.millrace.cdc.event;

import io.millrace.cdc.internal.Check;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An ordered list of distinct field names, shared by all rows of one table so that a row is no more
 * than an array of values.
 *
 * <p>Immutable. Two lists with the same names in the same order are equal.
 */
public final class FieldNames {
  private final List<String> names;
  private final Map<String, Integer> indexes;

  private FieldNames(List<String> names) {
    this.names = List.copyOf(names);
    this.indexes = new HashMap<>(this.names.size() * 2);
    for (int i = 0; i < this.names.size(); i++) {
      Integer earlier = indexes.put(this.names.get(i), i);
      Check.argument(earlier == null, "field '%s' is named twice in %s", this.names.get(i), names);
    }
  }

  /** The given names, in order; duplicates are refused. */
  public static FieldNames of(List<String> names) {
    return new FieldNames(names);
  }

  /** The given names, in order; duplicates are refused. */
  public static FieldNames of(String... names) {
    return new FieldNames(List.of(names));
  }

  /** Number of names. */
  public int size() {
    return names.size();
  }

  /** The name at an index from 0. */
  public String get(int index) {
    return names.get(index);
  }

  /** The index of a name, or -1. */
  public int indexOf(String name) {
    Integer index = indexes.get(name);
    return index == null ? -1 : index;
  }

  /** All names in order; unmodifiable. */
  public List<String> asList() {
    return names;
  }

  @Override
  public boolean equals(Object other) {
    return this == other || (other instanceof FieldNames fields && names.equals(fields.names));
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  @Override
  public String toString() {
    return names.toString();
  }
}
