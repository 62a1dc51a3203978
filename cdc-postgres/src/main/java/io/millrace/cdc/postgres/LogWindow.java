package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Invariant;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows between two snapshots, page by page in id order: those of transactions that the first
 * had not seen ended and the second has.
 *
 * <p>Never {@code id > last}: a transaction may commit late with ids that were passed. Never {@code
 * xid < xmin}: of two transactions that changed one row, the one with the lower id may have changed
 * it last. In id order a row's changes come in the order of its lock.
 *
 * <p>Two parts follow one another. Up to {@code floor} only the few transactions that were open
 * when the first snapshot was taken have unread rows; the index on (incarnation, xid, id) gives
 * them. Above it the primary key is scanned, so that every row of the log is met about once however
 * long a transaction is open.
 */
final class LogWindow implements RowPages {
  /**
   * How many ids one query may look at: a transaction that writes millions of rows must not make a
   * query last.
   */
  private static final long STRETCH = 200_000;

  private final LogQueries queries;
  private final long incarnation;
  private final ReadState from;
  private final PgSnapshot to;
  private final long floor;
  private final long last;
  private long at;
  private long @Nullable [] late;
  private boolean done;

  /**
   * A window, or what is left of it.
   *
   * @param floor an id drawn before the first snapshot was taken; at least {@code from.lastId()}
   * @param last the highest id that the second snapshot can see
   * @param at the last row already given out
   */
  LogWindow(
      LogQueries queries,
      long incarnation,
      ReadState from,
      PgSnapshot to,
      long floor,
      long last,
      long at) {
    this.queries = queries;
    this.incarnation = incarnation;
    this.from = from;
    this.to = to;
    this.floor = floor;
    this.last = last;
    this.at = at;
    Invariant.that(
        floor >= from.lastId(), "floor %s is below the last id read, %s", floor, from.lastId());
  }

  @Override
  public PgSnapshot to() {
    return to;
  }

  @Override
  public boolean done() {
    return done;
  }

  @Override
  public List<LogRow> page(int limit) throws SQLException {
    Invariant.that(!done, "page of a window that is done");
    if (late == null) {
      late = at >= floor ? new long[0] : queries.late(incarnation, from, to, at, floor);
    }
    if (at < floor && late.length > 0) {
      List<LogRow> rows = queries.members(incarnation, late, at, floor, limit);
      at = rows.size() < limit ? floor : rows.get(rows.size() - 1).id();
      if (!rows.isEmpty()) {
        done = at >= last;
        return rows;
      }
    }
    at = Math.max(at, floor);
    if (at >= last) {
      done = true;
      return List.of();
    }
    long end = Math.min(last, at + STRETCH);
    List<LogRow> rows = queries.range(incarnation, from, to, at, end, limit);
    at = rows.size() < limit ? end : rows.get(rows.size() - 1).id();
    if (rows.size() < limit && at < last) {
      // Ids may jump far: to the log's next segment.
      at = Math.max(at, Math.min(queries.nextId(at).orElse(last + 1) - 1, last));
    }
    done = at >= last;
    return rows;
  }
}
