package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * What an applier said about the rows it is going to write, within one transaction. Consecutive
 * ledger rows form one set, which replaces the one before. Used by one thread.
 */
final class Marks {
  /** What no row's key is: names every row of its table. */
  private static final String WHOLE_TABLE = "";

  private record Row(String table, String key) {}

  /** Replaced at the first mark: most transactions are nobody's applier's. */
  private Set<Row> marked = Set.of();

  private long mark;
  private boolean complete;
  private boolean applier;
  private int hops;

  /** Takes a ledger row as it stands after the write. */
  void add(FieldNames names, Value[] row) {
    // A statement that changed nothing left no rows between two sets: their numbers tell them
    // apart.
    long number = number(names, row, "mark");
    if (!applier) {
      applier = true;
      marked = new HashSet<>();
    }
    if (complete || number != mark) {
      marked.clear();
      complete = false;
      mark = number;
    }
    hops = Math.max(hops, Math.toIntExact(number(names, row, "hops")));
    String table = text(names, row, "mark_table");
    if (!table.isEmpty()) {
      marked.add(new Row(table, text(names, row, "mark_key")));
    }
  }

  /** Whether this is an applier's transaction. */
  boolean isApplier() {
    return applier;
  }

  /** Whether a row may be an echo at all; a row after marks also ends their set. */
  boolean inForce() {
    complete = true;
    return !marked.isEmpty();
  }

  /** Whether the set in force names a row. */
  boolean names(String table, String key) {
    return marked.contains(new Row(table, key)) || marked.contains(new Row(table, WHOLE_TABLE));
  }

  /** Of what was not made by the applier itself: 0 outside an applier's transaction. */
  int hops() {
    return applier ? hops + 1 : 0;
  }

  private static long number(FieldNames names, Value[] row, String name) {
    Value value = value(names, row, name);
    return value instanceof Value.Int64Value number ? number.value() : 0;
  }

  private static String text(FieldNames names, Value[] row, String name) {
    Value value = value(names, row, name);
    if (value instanceof Value.BytesValue bytes) {
      return new String(bytes.value(), StandardCharsets.UTF_8);
    }
    return value instanceof Value.StringValue text ? text.value() : "";
  }

  private static Value value(FieldNames names, Value[] row, String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new SourceException(
          "A table named millrace_ledger has no column '"
              + name
              + "': the applier that made it is of another release, or it is no ledger of ours.");
    }
    return row[index];
  }
}
