package io.millrace.cdc.postgres;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
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
  /** Only where states come back are there more than one to begin with. */
  private static final int MOST_STARTS = 1000;

  /**
   * One place in the log.
   *
   * @param row what stands there
   * @param content what happened there, which is another row where two exchanged their places
   * @param open whether reading cannot resume after it, since what stands here comes later
   */
  record Place(LogRow row, LogRow content, boolean open) {}

  /** The keys, as text, that a row is about: one, or two where it changes its key. */
  interface Keys extends Function<LogRow, List<String>> {
    /** More rows came from the server. */
    void rowsCame();
  }

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

  /**
   * Indexes of rows about the same key in the same transaction, in order; of transactions that
   * logged something inside a trigger.
   */
  private static Iterable<List<Integer>> groups(List<LogRow> rows, Keys keys) {
    Set<Long> nested =
        rows.stream().filter(row -> row.depth() > 1).map(LogRow::xid).collect(Collectors.toSet());
    int[] earlier = new int[rows.size()];
    Map<String, Integer> latest = new HashMap<>();
    for (int i = 0; i < earlier.length; i++) {
      earlier[i] = i;
      LogRow row = rows.get(i);
      if (nested.contains(row.xid())) {
        for (String key : keys.apply(row)) {
          Integer other = latest.put(row.xid() + " " + row.relation() + " " + key, i);
          if (other != null) {
            join(earlier, other, i);
          }
        }
      }
    }
    Map<Integer, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < earlier.length; i++) {
      groups.computeIfAbsent(earliest(earlier, i), first -> new ArrayList<>(2)).add(i);
    }
    groups.values().removeIf(group -> group.size() == 1);
    return groups.values();
  }

  private static void join(int[] earlier, int one, int other) {
    int first = earliest(earlier, one);
    int second = earliest(earlier, other);
    earlier[Math.max(first, second)] = Math.min(first, second);
  }

  private static int earliest(int[] earlier, int of) {
    int at = of;
    while (earlier[at] != at) {
      earlier[at] = earlier[earlier[at]];
      at = earlier[at];
    }
    return at;
  }

  private static void reorder(
      List<Integer> group, List<LogRow> rows, LogRow[] contents, int[] openUntil) {
    if (group.stream().noneMatch(i -> rows.get(i).depth() > 1)) {
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
    if (isChain(logged)) {
      return null;
    }
    Set<State> made = logged.stream().map(State::after).collect(Collectors.toSet());
    // The state before the transaction is not one that the transaction made, unless it came back.
    List<LogRow> starts =
        logged.stream()
            .sorted(Comparator.comparing(row -> made.contains(State.before(row))))
            .limit(MOST_STARTS)
            .toList();
    for (LogRow start : starts) {
      List<LogRow> chain = chain(logged, start);
      if (chain.size() == logged.size()) {
        return chain;
      }
    }
    return null;
  }

  private static List<LogRow> chain(List<LogRow> logged, LogRow start) {
    Map<State, Deque<LogRow>> rest = new HashMap<>();
    for (LogRow row : logged) {
      if (row.id() != start.id()) {
        rest.computeIfAbsent(State.before(row), state -> new ArrayDeque<>(1)).add(row);
      }
    }
    List<LogRow> chain = new ArrayList<>(logged.size());
    @Nullable LogRow next = start;
    while (next != null) {
      chain.add(next);
      Deque<LogRow> following = rest.get(State.after(next));
      next = following == null ? null : following.poll();
    }
    return chain;
  }

  /** A state as the log has it; nothing where there is no row. */
  private record State(@Nullable ByteBuffer text, @Nullable String record) {
    static State before(LogRow row) {
      return of(row.oldText(), row.oldRecord());
    }

    static State after(LogRow row) {
      return of(row.newText(), row.newRecord());
    }

    private static State of(byte @Nullable [] text, @Nullable String record) {
      return new State(text == null ? null : ByteBuffer.wrap(text), record);
    }
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
    return State.after(before).equals(State.before(after));
  }
}
