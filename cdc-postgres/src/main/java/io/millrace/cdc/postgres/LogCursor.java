package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes through the log row by row, window by window, and knows at each row where reading may
 * resume.
 */
final class LogCursor {
  private static final Logger LOG = LoggerFactory.getLogger(LogCursor.class);
  private static final long PAGE_BYTES = 8L << 20;
  private static final int LARGEST_PAGE = 4096;

  /** What the driver says where the heap does not hold a page, and the server of its own memory. */
  private static final String OUT_OF_MEMORY = "53200";

  /** How much smaller a page is tried then. */
  private static final int LESS = 16;

  /** Windows of so many rows come with the look that ends them. */
  private static final int FEW = 256;

  private final LogQueries queries;
  private final ReaderSession session;
  private final ServerIdentity server;
  private final Deque<ChangeChain.Place> page = new ArrayDeque<>();
  private final ChangeChain.Keys keys;
  private final NestedRows nested;
  private boolean open;
  private final LogPosition start;
  private LogHead head;
  private long incarnation;
  private ReadState read;
  private long floor;
  private @Nullable ReadAhead window;

  /** Whether the page under way leaves room for the next one beside it. */
  private boolean roomAhead;

  private boolean flushed;

  /**
   * Drawn before the snapshot that ends the window; 0 where that is not known, in a window resumed.
   */
  private long idBeforeSnapshot;

  private long lastInWindow;
  private @Nullable PgSnapshot lastSnapshot;
  private @Nullable Witness last;
  private @Nullable Witness highest;
  private @Nullable LogRow lastRow;
  private @Nullable LogRow highestRow;
  private @Nullable Span span;
  private final RowChecksum checksum = new RowChecksum();

  /** Whether the span is of the window under way, from its first row on. */
  private boolean spanIsOfWindow;

  /**
   * Begins with one row: how large rows are is known from those before, and who was started anew
   * since they were too many for the heap must get past them.
   */
  private int pageSize = 1;

  private long highestXid;

  /**
   * A cursor at a position whose witness was checked.
   *
   * @param start where to go on; without a window under way where the server is another one, or was
   *     started anew
   * @param head of the log, taken on opening
   */
  LogCursor(
      LogQueries queries,
      ReaderSession session,
      ServerIdentity server,
      LogPosition start,
      LogHead head,
      ChangeChain.Keys keys) {
    this.queries = queries;
    this.session = session;
    this.keys = keys;
    this.nested = new NestedRows(queries);
    this.server = server;
    this.start = start;
    this.head = head;
    this.incarnation = start.incarnation();
    this.read = start.read();
    this.floor = read.lastId();
    this.lastInWindow = start.lastInWindow();
    this.last = start.last();
    this.highest = start.highest();
    this.span = start.span();
    this.highestXid = read.bound() - 1;
    PgSnapshot to = start.to();
    if (incarnation != server.incarnation()) {
      window =
          ahead(
              new PastWindow(
                  queries, server.incarnation(), incarnation, read, head.idAfter(), lastInWindow));
    } else if (to != null) {
      Witness high = highest;
      highestXid = high == null ? highestXid : Math.max(highestXid, high.xid());
      window =
          ahead(new LogWindow(queries, incarnation, read, to, floor, head.idAfter(), lastInWindow));
      spanIsOfWindow = true;
    }
    flushed = window == null;
  }

  private ReadAhead ahead(RowPages pages) {
    return new ReadAhead(pages, session);
  }

  /** Where reading may resume after the last row given out. */
  LogPosition position() {
    if (lastRow != null) {
      last = Witness.of(lastRow);
      lastRow = null;
    }
    if (highestRow != null) {
      highest = Witness.of(highestRow);
      highestRow = null;
    }
    ReadAhead reading = window;
    PgSnapshot to = reading == null || lastInWindow == 0 ? null : reading.to();
    return new LogPosition(
        start.log(),
        server,
        incarnation,
        start.nonce(),
        read,
        to,
        to == null && reading == null ? 0 : lastInWindow,
        last,
        highest,
        span);
  }

  /** The server's clock when the log's end was last looked at. */
  Instant serverTime() {
    return head.now();
  }

  /** Whether reading may resume after the last row given out. */
  boolean atRest() {
    return !open;
  }

  /** Whether a window is under way. */
  boolean hasMore() {
    return !page.isEmpty() || window != null;
  }

  /** Looks at the log's end. Only between windows. */
  void look() throws SQLException, InterruptedException {
    Check.state(!hasMore(), "a window is under way");
    idBeforeSnapshot = head.idAfter(); // of the look before
    LogLook look = fitting(rows -> queries.look(incarnation, read, Math.min(rows, FEW) + 1));
    head = look.head();
    flushed = head.flushed();
    if (head.idAfter() > floor || !head.snapshot().equals(lastSnapshot)) {
      window =
          ahead(
              look.rows().size() <= Math.min(pageSize, FEW)
                  ? new FewRows(look)
                  : new LogWindow(
                      queries, incarnation, read, head.snapshot(), floor, head.idAfter(), 0));
      while (page.isEmpty() && window != null) {
        fetch();
      }
    }
    lastSnapshot = head.snapshot();
  }

  /**
   * The next row, or null at the window's end.
   *
   * @param mayAsk whether to ask the server where the page is used up
   */
  @Nullable LogRow next(boolean mayAsk) throws SQLException, InterruptedException {
    while (page.isEmpty() && window != null && mayAsk) {
      fetch();
    }
    ChangeChain.Place place = page.poll();
    if (place == null) {
      return null;
    }
    awaitFlush();
    if (roomAhead) {
      roomAhead = false;
      Check.notNull(window, "window").begin(pageSize);
    }
    open = place.open();
    passed(place.row());
    return place.content();
  }

  private void fetch() throws SQLException, InterruptedException {
    ReadAhead reading = Check.notNull(window, "window");
    List<LogRow> rows = read(reading);
    page.addAll(ChangeChain.order(nested.withRest(rows, reading, () -> read(reading)), keys));
    if (reading.done() && page.isEmpty()) {
      endWindow(reading.to());
    }
  }

  private List<LogRow> read(ReadAhead reading) throws SQLException, InterruptedException {
    List<LogRow> rows = fitting(reading::page);
    keys.rowsCame();
    long bytes = 0;
    for (LogRow row : rows) {
      bytes += row.size();
    }
    if (!rows.isEmpty()) {
      long fitting = PAGE_BYTES / Math.max(1, bytes / rows.size());
      pageSize = (int) Math.max(1, Math.min(Math.min(fitting, pageSize * 2L), LARGEST_PAGE));
    }
    roomAhead = bytes <= PAGE_BYTES;
    return rows;
  }

  private interface Reading<T> {
    T upTo(int rows) throws SQLException, InterruptedException;
  }

  /**
   * Reads as many rows as a page may have: large rows may follow small ones, too many of them for
   * one page, which is then a smaller one.
   */
  private <T> T fitting(Reading<T> reading) throws SQLException, InterruptedException {
    while (true) {
      try {
        return reading.upTo(pageSize);
      } catch (SQLException e) {
        if (!OUT_OF_MEMORY.equals(e.getSQLState()) || pageSize == 1) {
          throw e;
        }
        LOG.warn(
            "{} rows of the change log are too large for one page: {}", pageSize, e.getMessage());
        pageSize = Math.max(1, pageSize / LESS);
      }
    }
  }

  private void passed(LogRow row) {
    lastRow = row;
    lastInWindow = row.id();
    if (row.xid() >= highestXid || row.incarnation() != incarnation) {
      highestRow = row;
      highestXid = row.xid();
    }
    ReadAhead reading = Check.notNull(window, "window");
    witnessed(row, reading.to());
    if (page.isEmpty() && reading.done()) {
      endWindow(reading.to());
    }
  }

  private void witnessed(LogRow row, @Nullable PgSnapshot to) {
    if (to == null) {
      span = null; // the past of another incarnation is no window
      return;
    }
    if (!spanIsOfWindow) {
      span = Span.begin(read, to);
      spanIsOfWindow = true;
    }
    if (span != null) {
      span = span.with(row, checksum);
    }
  }

  private void endWindow(@Nullable PgSnapshot to) {
    long lastId = Math.max(read.lastId(), lastInWindow);
    if (to == null) {
      // The past is read; the present incarnation's ids follow the past's, its transactions start
      // anew.
      incarnation = server.incarnation();
      read = new ReadState(0, new long[0], lastId);
      floor = lastId;
      highestXid = -1;
    } else {
      read = new ReadState(Math.max(read.bound(), highestXid + 1), to.inProgress(), lastId);
      floor = Math.max(Math.max(floor, idBeforeSnapshot), lastId);
    }
    lastInWindow = 0;
    spanIsOfWindow = false;
    window = null;
  }

  /**
   * An asynchronous commit is visible before it is on disk: what a crash can take back must not be
   * published.
   *
   * <p>Mostly what is waited for is a commit under way, whose session flushes: so it is given a
   * moment. Not a long one: what was committed before it waits along.
   */
  private void awaitFlush() throws SQLException {
    for (int attempt = 0; !flushed; attempt++) {
      if (attempt == 4) {
        queries.flush();
      }
      flushed = queries.flushedUpTo(head.insertLsn());
      if (!flushed) {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(300));
      }
    }
  }
}
