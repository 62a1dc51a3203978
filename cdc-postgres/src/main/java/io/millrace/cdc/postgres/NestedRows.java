package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What must be at hand before the rows of a page are given out. A change inside a trigger may
 * belong after one that its transaction logged later, for the statement around it ({@link
 * ChangeChain}): up to there the rows are held, whoever else logged something in between.
 */
final class NestedRows {
  /** So many rows are held without a closer look at whether it is needed. */
  private static final int MANY = 20_000;

  /**
   * The changes inside triggers of one transaction and table that are so deep.
   *
   * @param depth of the triggers: what belongs before is less deep
   */
  record Nest(long incarnation, long xid, String relation, int depth) {
    static Nest of(LogRow row) {
      return new Nest(row.incarnation(), row.xid(), row.relation(), row.depth());
    }
  }

  /** Reads on. */
  interface More {
    List<LogRow> page() throws SQLException, InterruptedException;
  }

  private final LogQueries queries;

  /** The last row that may belong before a change of the nest; 0 where there is none. */
  private final Map<Nest, Long> last = new HashMap<>();

  /** Transactions that were looked at closer: whether any of their changes has to move. */
  private final Map<Long, Boolean> moves = new HashMap<>();

  NestedRows(LogQueries queries) {
    this.queries = queries;
  }

  /** The page, and the rows after it that must be there with it. */
  List<LogRow> withRest(List<LogRow> page, ReadAhead reading, More more)
      throws SQLException, InterruptedException {
    if (!ChangeChain.isNested(page) || reading.done()) {
      return page;
    }
    Set<Long> here = nests(page).stream().map(Nest::xid).collect(Collectors.toSet());
    last.keySet().removeIf(nest -> !here.contains(nest.xid()));
    moves.keySet().retainAll(here);
    List<LogRow> rows = new ArrayList<>(page);
    look(page);
    long bytes = size(page);
    while (!reading.done() && rows.get(rows.size() - 1).id() < until()) {
      if (rows.size() >= MANY) {
        lookCloser(rows.get(rows.size() - 1).id());
        if (rows.get(rows.size() - 1).id() >= until()) {
          break;
        }
        requireRoom(bytes, rows);
      }
      List<LogRow> added = more.page();
      look(added);
      bytes += size(added);
      rows.addAll(added);
    }
    return rows;
  }

  private void look(List<LogRow> rows) throws SQLException {
    Set<Nest> unknown = nests(rows);
    unknown.removeIf(nest -> last.containsKey(nest) || moves.containsKey(nest.xid()));
    if (!unknown.isEmpty()) {
      last.putAll(queries.lastAround(new ArrayList<>(unknown)));
    }
  }

  private long until() {
    return last.entrySet().stream()
        .filter(nest -> moves.getOrDefault(nest.getKey().xid(), true))
        .mapToLong(Map.Entry::getValue)
        .max()
        .orElse(0);
  }

  /** Most transactions with many such changes logged them in the order in which they happened. */
  private void lookCloser(long read) throws SQLException {
    Set<Nest> waited = new HashSet<>();
    last.forEach(
        (nest, until) -> {
          if (until > read && !moves.containsKey(nest.xid())) {
            waited.add(nest);
          }
        });
    for (Nest nest : waited) {
      if (!moves.containsKey(nest.xid())) {
        moves.put(nest.xid(), queries.moves(nest.incarnation(), nest.xid()));
      }
    }
  }

  private static void requireRoom(long bytes, List<LogRow> rows) {
    if (bytes > Runtime.getRuntime().maxMemory() / 4) {
      throw new SourceException(
          "Triggers changed rows again before the statement around them was logged, in a transaction that is too large to be put in order in"
              + " memory: %s rows of the change log (%s MB) up to row %s are held, and more is to come. Give this process more heap than %s MB."
                  .formatted(
                      rows.size(),
                      bytes >> 20,
                      rows.get(rows.size() - 1).id(),
                      Runtime.getRuntime().maxMemory() >> 20));
    }
  }

  private static long size(List<LogRow> rows) {
    return rows.stream().mapToLong(LogRow::size).sum();
  }

  private static Set<Nest> nests(List<LogRow> rows) {
    return rows.stream()
        .filter(row -> row.depth() > 1)
        .map(Nest::of)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
