package io.millrace.cdc.postgres;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is unread of the log's earlier incarnations, after a dump was restored. All of it is
 * committed. Unread rows may stand below the last id read, so it starts at the log's beginning.
 */
final class PastWindow implements RowPages {
  private final LogQueries queries;
  private final long present;
  private final long incarnation;
  private final ReadState read;
  private final long last;
  private long at;
  private boolean done;

  /**
   * The rest of the past.
   *
   * @param present the incarnation that is written now
   * @param incarnation the one that {@code read} speaks of
   * @param last the highest id of the log now
   */
  PastWindow(
      LogQueries queries, long present, long incarnation, ReadState read, long last, long at) {
    this.queries = queries;
    this.present = present;
    this.incarnation = incarnation;
    this.read = read;
    this.last = last;
    this.at = at;
  }

  @Override
  public @Nullable PgSnapshot to() {
    return null;
  }

  @Override
  public boolean done() {
    return done;
  }

  @Override
  public List<LogRow> page(int limit) throws SQLException {
    List<LogRow> rows = queries.past(present, incarnation, read, at, last, limit);
    done = rows.size() < limit;
    if (!rows.isEmpty()) {
      at = rows.get(rows.size() - 1).id();
    }
    return rows;
  }
}
