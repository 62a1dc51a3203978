package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Invariant;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A window whose next page may be on its way, on the session's second thread, while the one before
 * is decoded. A page is given out once, in its turn, and so is the failure to read it; what is
 * never asked for was never given out, so no position passes it. Used by one thread.
 */
final class ReadAhead {
  private final RowPages pages;
  private final ReaderSession session;
  private @Nullable Future<List<LogRow>> next;

  ReadAhead(RowPages pages, ReaderSession session) {
    this.pages = pages;
    this.session = session;
  }

  /** See {@link RowPages#to()}. */
  @Nullable PgSnapshot to() {
    return pages.to();
  }

  /** Whether there is no next page. */
  boolean done() {
    return next == null && pages.done();
  }

  /** Begins to read the next page, where there may be one and it is not on its way already. */
  void begin(int limit) {
    if (next == null && !pages.done()) {
      next = session.ahead(() -> pages.page(limit));
    }
  }

  /**
   * The next page; see {@link RowPages#page}. Where it is interrupted, the page is still to come.
   *
   * @param limit counts where the page is not on its way
   */
  List<LogRow> page(int limit) throws SQLException, InterruptedException {
    Future<List<LogRow>> coming = next;
    if (coming == null) {
      return pages.page(limit);
    }
    try {
      List<LogRow> page = coming.get();
      next = null;
      return page;
    } catch (ExecutionException e) {
      next = null;
      throw rethrown(e);
    }
  }

  private static SQLException rethrown(ExecutionException e) {
    Throwable cause = e.getCause();
    if (cause instanceof SQLException failure) {
      return failure;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause instanceof RuntimeException bug) {
      throw bug;
    }
    throw Invariant.broken("a page fails with %s", cause);
  }
}
