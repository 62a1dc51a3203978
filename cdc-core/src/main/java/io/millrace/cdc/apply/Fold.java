package io.millrace.cdc.apply;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shared rule: a row is the fold of its channel, with this site's own, not yet returned writes
 * laid on top.
 *
 * <p>Pure: it knows the row's column hashes and the fold's state, takes the events of one key in
 * channel order, and says what to write. A column is <em>held</em> when an own write stands in it
 * that the channel has not brought back yet. Used by one thread.
 */
final class Fold {
  private final List<String> columns;
  private final FoldState state;
  private final boolean existed;
  private @Nullable Map<String, Long> row;
  private final Map<String, Value> pending = new LinkedHashMap<>();

  /**
   * A fold over one row.
   *
   * @param columns every shared column but the key
   * @param state what the ledger remembers; changed in place
   * @param row the locked row's hashes; null where there is none
   */
  Fold(List<String> columns, FoldState state, @Nullable Map<String, Long> row) {
    this.columns = columns;
    this.state = state;
    this.existed = row != null;
    this.row = row == null ? null : new HashMap<>(row);
  }

  /**
   * The fold says "absent". Returns the columns that kept the row alive.
   *
   * @param whole whether the row stays in any case, since rows of others lie in it that stay
   */
  List<String> delete(boolean own, boolean whole) {
    List<String> held = new ArrayList<>();
    if (row != null) {
      for (String column : columns) {
        if (held(column, own, row)) {
          held.add(column);
        }
      }
      if (held.isEmpty() && !whole) {
        row = null;
        pending.clear();
        state.gone = true;
        state.shadow.clear();
        state.wrote.clear();
      }
    }
    state.exists = false;
    return held;
  }

  /**
   * The fold says what {@code values} say, as far as {@code changed}; all of it where it had no
   * row. Returns the columns that were left as they are.
   */
  List<String> write(List<String> changed, Row values, boolean own) {
    // The first state after a delete is a whole one.
    List<String> said = new ArrayList<>();
    for (String column : state.exists ? changed : columns) {
      if (values.has(column) && columns.contains(column)) {
        said.add(column);
      }
    }
    List<String> held = new ArrayList<>();
    if (row == null) {
      // Else an own delete is still to come back.
      if (!state.exists && (state.gone || !own)) {
        row = new HashMap<>();
        state.gone = false;
        for (String column : said) {
          put(column, value(values, column), row);
        }
      }
    } else {
      for (String column : said) {
        if (held(column, own, row)) {
          held.add(column);
          state.wrote.remove(column);
        } else {
          put(column, value(values, column), row);
        }
      }
    }
    for (String column : said) {
      state.shadow.put(column, FoldHash.of(value(values, column)));
    }
    state.exists = true;
    return held;
  }

  /** The columns of which the fold said something else, or nothing. */
  List<String> differing(Row values) {
    List<String> differing = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!Objects.equals(state.shadow.get(values.name(i)), FoldHash.of(values.value(i)))) {
        differing.add(values.name(i));
      }
    }
    return differing;
  }

  /** What stands in the row now, for tests and for the write: null where there is none. */
  @Nullable Map<String, Long> row() {
    return row;
  }

  /** What has to be done to the row to make it what the fold says. */
  RowWrite.Kind kind() {
    if (row == null) {
      return existed ? RowWrite.Kind.DELETE : RowWrite.Kind.NONE;
    }
    return !existed
        ? RowWrite.Kind.INSERT
        : pending.isEmpty() ? RowWrite.Kind.NONE : RowWrite.Kind.UPDATE;
  }

  /** The columns that the applier puts, with their values. */
  Map<String, Value> pending() {
    return pending;
  }

  /** The fold's state after the events so far. */
  FoldState state() {
    return state;
  }

  /**
   * Takes over what the target made of the write, so that rounding, padding and triggers do not
   * pass for own writes.
   *
   * @return whether the state changed
   */
  boolean settle(Map<String, Long> stored) {
    if (row == null) {
      return false;
    }
    boolean changed = false;
    for (String column : columns) {
      Long said = state.shadow.get(column);
      Long now = stored.get(column);
      if (said != null && now != null && said.equals(row.get(column)) && !said.equals(now)) {
        state.shadow.put(column, now);
        changed = true;
      }
    }
    return changed;
  }

  private boolean held(String column, boolean own, Map<String, Long> current) {
    Long said = state.shadow.get(column);
    boolean differs = !Objects.equals(said, current.get(column));
    return own ? !state.wrote.contains(column) || differs : said != null && differs;
  }

  private void put(String column, Value value, Map<String, Long> current) {
    current.put(column, FoldHash.of(value));
    pending.put(column, value);
    state.wrote.add(column);
  }

  private static Value value(Row values, String column) {
    return Objects.requireNonNull(values.get(column));
  }
}
