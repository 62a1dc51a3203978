package io.millrace.cdc.postgres;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts the changes of one key in one transaction in the order in which they happened.
 *
 * <p>A trigger that fires for one row of a statement may change another row of the same statement,
 * whose own change is logged only afterwards: the log then holds the later state first. Such
 * changes exchange their places, so that each one's old state is the state before it; the log ids,
 * and so the versions, stay in order.
 */
final class ChangeChain {
  private static final int LONGEST = 1000;

  /**
   * One place in the log.
   *
   * @param row what stands there
   * @param content what happened there, which is another row where two exchanged their places
   * @param open whether reading cannot resume after it, since what stands here comes later
   */
  record Place(LogRow row, LogRow content, boolean open) {}

  /** The keys, as text, that a row is about: one, or two where it changes its key. */
  interface Keys extends Function<LogRow, List<String>> {}

  private ChangeChain() {}

  /**
   * Whether any of the rows was logged by a statement inside a trigger: else the order is right.
   */
  static boolean isNested(List<LogRow> rows) {
    return rows.stream().anyMatch(row -> row.depth() > 1);
  }

  /** The rows, in id order, each with what happened there. */
  static List<Place> order(List<LogRow> rows, Keys keys) {
    LogRow[] contents = rows.toArray(new LogRow[0]);
    int[] openUntil = new int[contents.length];
    if (isNested(rows)) {
      for (List<Integer> group : groups(rows, keys)) {
        reorder(group, rows, contents, openUntil);
      }
    }
    List<Place> places = new ArrayList<>(contents.length);
    int open = 0;
    for (int i = 0; i < contents.length; i++) {
      open = Math.max(open, openUntil[i]);
      places.add(new Place(rows.get(i), contents[i], i < open));
    }
    return places;
  }

  /** Indexes of rows about the same key in the same transaction, in order. */
  private static Iterable<List<Integer>> groups(List<LogRow> rows, Keys keys) {
    Map<String, List<Integer>> groups = new HashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      LogRow row = rows.get(i);
      List<Integer> group = new ArrayList<>();
      for (String key : keys.apply(row)) {
        String name = row.xid() + " " + row.relation() + " " + key;
        List<Integer> other = groups.put(name, group);
        if (other != null && other != group) {
          group.addAll(other);
          List<Integer> merged = group;
          groups.replaceAll((n, members) -> members == other ? merged : members);
        }
      }
      group.add(i);
    }
    List<List<Integer>> distinct = new ArrayList<>();
    for (List<Integer> group : groups.values()) {
      if (group.size() > 1 && distinct.stream().noneMatch(known -> known == group)) {
        group.sort(Comparator.naturalOrder());
        distinct.add(group);
      }
    }
    return distinct;
  }

  private static void reorder(
      List<Integer> group, List<LogRow> rows, LogRow[] contents, int[] openUntil) {
    if (group.size() > LONGEST || group.stream().noneMatch(i -> rows.get(i).depth() > 1)) {
      return;
    }
    List<LogRow> logged = group.stream().map(rows::get).toList();
    List<LogRow> chain = chain(logged);
    if (chain == null) {
      return; // as it stands, or not to be repaired: a rule or a trigger of the user's wrote the
      // log
    }
    int first = -1;
    int last = -1;
    for (int i = 0; i < group.size(); i++) {
      if (chain.get(i).id() != logged.get(i).id()) {
        first = first < 0 ? group.get(i) : first;
        last = group.get(i);
        contents[group.get(i)] = chain.get(i).at(logged.get(i).id());
      }
    }
    if (first >= 0) {
      openUntil[first] = Math.max(openUntil[first], last);
    }
  }

  /** The rows so that each begins where the one before ended; null where there is no such order. */
  private static @Nullable List<LogRow> chain(List<LogRow> logged) {
    List<LogRow> starts = new ArrayList<>(logged);
    // The state before the transaction is not one that the transaction made, unless it came back.
    starts.sort(
        Comparator.comparingInt(
            start ->
                logged.stream().anyMatch(o -> o.id() != start.id() && follows(o, start)) ? 1 : 0));
    if (isChain(logged)) {
      return null;
    }
    for (LogRow start : starts) {
      List<LogRow> rest = new ArrayList<>(logged);
      List<LogRow> chain = new ArrayList<>();
      @Nullable LogRow next = start;
      while (next != null) {
        LogRow current = next;
        chain.add(current);
        rest.remove(current);
        next = rest.stream().filter(row -> follows(current, row)).findFirst().orElse(null);
      }
      if (rest.isEmpty()) {
        return chain;
      }
    }
    return null;
  }

  private static boolean isChain(List<LogRow> rows) {
    for (int i = 1; i < rows.size(); i++) {
      if (!follows(rows.get(i - 1), rows.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean follows(LogRow before, LogRow after) {
    return Arrays.equals(before.newText(), after.oldText())
        && Objects.equals(before.newRecord(), after.oldRecord());
  }
}
