package io.millrace.cdc.event;

import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * An ordered list of named values. A field that is not there is unknown; a field that is null holds
 * {@link Value#NULL}.
 *
 * <p>Immutable; {@link #wrap} takes its array without a copy for the hot path.
 */
public final class Row {
  private static final Row EMPTY = new Row(FieldNames.of(), new Value[0], false);

  private final FieldNames names;
  private final Value[] values;
  private final boolean partial;

  private Row(FieldNames names, Value[] values, boolean partial) {
    this.names = names;
    this.values = values;
    this.partial = partial;
  }

  /** A row without fields. */
  public static Row empty() {
    return EMPTY;
  }

  /** A whole row; values in the order of the names, copied. */
  public static Row of(FieldNames names, List<Value> values) {
    return wrap(names, values.toArray(new Value[0]), false);
  }

  /** A whole row of one field. */
  public static Row of(String name, Value value) {
    return wrap(FieldNames.of(name), new Value[] {value}, false);
  }

  /**
   * A row over an array that the caller gives away and never touches again.
   *
   * @param partial whether the writer could not give every column
   */
  public static Row wrap(FieldNames names, Value[] values, boolean partial) {
    if (names.size() != values.length) {
      Check.argument(false, "%s names for %s values", names.size(), values.length);
    }
    for (int i = 0; i < values.length; i++) {
      if (values[i] == null) {
        throw new IllegalArgumentException(
            "field '" + names.get(i) + "' has no value: the database's null is Value.NULL");
      }
    }
    return new Row(names, values, partial);
  }

  /** A builder for rows made field by field. */
  public static Builder builder() {
    return new Builder();
  }

  /** The names, in order. */
  public FieldNames names() {
    return names;
  }

  /** Number of fields. */
  public int size() {
    return values.length;
  }

  /** Whether columns are missing that the table has. */
  public boolean partial() {
    return partial;
  }

  /** The name at an index from 0. */
  public String name(int index) {
    return names.get(index);
  }

  /** The value at an index from 0. */
  public Value value(int index) {
    return values[index];
  }

  /**
   * The value of a field, or null where the row has no such field (a field that is null gives
   * {@link Value#NULL}).
   */
  public @Nullable Value get(String name) {
    int index = names.indexOf(name);
    return index < 0 ? null : values[index];
  }

  /** Whether the row has a field of this name, null or not. */
  public boolean has(String name) {
    return names.indexOf(name) >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Row row
            && partial == row.partial
            && names.equals(row.names)
            && Arrays.equals(values, row.values));
  }

  @Override
  public int hashCode() {
    return 31 * names.hashCode() + Arrays.hashCode(values);
  }

  /**
   * The fields with their values, for people: values of a row are data, so do not log them where
   * that is not allowed.
   */
  @Override
  public String toString() {
    StringJoiner joiner = new StringJoiner(", ", "{", partial ? ", …}" : "}");
    for (int i = 0; i < values.length; i++) {
      joiner.add(names.get(i) + "=" + values[i]);
    }
    return joiner.toString();
  }

  /** Collects fields in order. Not safe for use by several threads. */
  public static final class Builder {
    private final List<String> names = new ArrayList<>();
    private final List<Value> values = new ArrayList<>();
    private boolean partial;

    private Builder() {}

    /** Adds a field; a name may come once. */
    public Builder put(String name, Value value) {
      names.add(name);
      values.add(value);
      return this;
    }

    /** Says whether columns are missing; default false. */
    public Builder partial(boolean partial) {
      this.partial = partial;
      return this;
    }

    /** The row. */
    public Row build() {
      return wrap(FieldNames.of(names), values.toArray(new Value[0]), partial);
    }
  }
}
