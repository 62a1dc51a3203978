package io.millrace.cdc.postgres;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides where a reader starts and under which epoch: is the position one of this log, and is this
 * still the same server?
 */
final class LogOpening {
  private static final Logger LOG = LoggerFactory.getLogger(LogOpening.class);

  private static final int SPAN_PAGE = 1000;

  private record Registration(String log, long epoch, int format, String identity) {}

  /** Where to begin. */
  record Opened(LogPosition position, long epoch, ServerIdentity server, LogHead head) {}

  private final ReaderSession session;
  private final LogQueries queries;
  private final Clock clock;
  private final RandomGenerator random;

  LogOpening(ReaderSession session, LogQueries queries, Clock clock, RandomGenerator random) {
    this.session = session;
    this.queries = queries;
    this.clock = clock;
    this.random = random;
  }

  Opened open(ReaderStart start) throws SQLException {
    ServerIdentity server = queries.identity();
    Registration registration = registration();
    if (registration.format() > LogRow.FORMAT) {
      throw new SourceException(
          "The change log has format %s, this release reads up to %s. Run the release that installed it, or a newer one."
              .formatted(registration.format(), LogRow.FORMAT));
    }
    LogPosition position;
    boolean sameServer;
    if (start.position().isPresent()) {
      LogPosition saved = LogPosition.decode(start.position().get());
      check(saved, registration);
      checkKept(start.pipeline(), saved);
      sameServer = saved.server().equals(server);
      if (!sameServer) {
        checkSpan(saved);
      }
      position = sameServer ? saved : onAnotherServer(saved, server);
    } else {
      position = first(start, registration, server);
      sameServer = !start.gapAccepted();
    }
    long epoch = epoch(registration, server, start.epoch(), sameServer);
    return new Opened(position, epoch, server, queries.head());
  }

  private Registration registration() throws SQLException {
    try (Statement query = session.connection().createStatement();
        ResultSet row =
            query.executeQuery("SELECT log, epoch, format, identity FROM millrace.registration")) {
      if (row.next()) {
        return new Registration(row.getString(1), row.getLong(2), row.getInt(3), row.getString(4));
      }
    } catch (SQLException e) {
      if (!"42P01".equals(e.getSQLState()) && !"3F000".equals(e.getSQLState())) {
        throw e;
      }
    }
    throw new SourceException(
        "The change log is not installed in this database. Run source.changeLog().install(), or the statements of"
            + " source.changeLog().ddl().");
  }

  private void checkKept(String pipeline, LogPosition saved) throws SQLException {
    Optional<String> nonce = session.nonce();
    boolean registered = nonce.isPresent() && nonce.get().equals(saved.nonce());
    Optional<String> lost = registered ? session.lost(saved.nonce()) : session.registerAgain(saved);
    if (lost.isPresent()) {
      throw dropped(pipeline, lost.get());
    }
  }

  /** What a pipeline is told that lacks what retention has dropped. */
  static LostPositionException dropped(String pipeline, String what) {
    return new LostPositionException(
        "Changes that pipeline '%s' had not read may be gone from millrace.change_log: %s. They never reach a consumer: compare the"
                .formatted(pipeline, what)
            + " consumers with the database, and accept the gap to read all that the log still holds.");
  }

  private void check(LogPosition saved, Registration registration) throws SQLException {
    if (!saved.log().equals(registration.log())) {
      throw lost(saved, "this database holds the log '" + registration.log() + "'");
    }
    if (saved.last() == null) {
      return;
    }
    check(saved, saved.last());
    if (saved.highest() != null) {
      check(saved, saved.highest());
    }
  }

  private void check(LogPosition saved, Witness witness) throws SQLException {
    Optional<LogRow> row = queries.row(witness.id());
    if (row.isEmpty()) {
      throw lost(saved, "row " + witness.id() + " of millrace.change_log, which was read, is gone");
    }
    Witness found = Witness.of(row.get());
    if (!found.equals(witness)) {
      throw lost(
          saved,
          "row "
              + witness.id()
              + " of millrace.change_log was read as "
              + witness
              + " and is now "
              + found);
    }
  }

  /**
   * Reads the last window again. Only where the server process is another one: nothing that was
   * read from a process, and so was on its disk, is lost while it runs.
   */
  private void checkSpan(LogPosition saved) throws SQLException {
    Span span = saved.span();
    if (span == null) {
      return;
    }
    LogWindow window =
        new LogWindow(
            queries,
            saved.incarnation(),
            span.from(),
            span.to(),
            span.from().lastId(),
            span.at(),
            0);
    Span found = Span.begin(span.from(), span.to());
    RowChecksum checksum = new RowChecksum();
    while (!window.done()) {
      for (LogRow row : window.page(SPAN_PAGE)) {
        found = row.id() <= span.at() ? found.with(row, checksum) : found;
      }
    }
    if (found.count() != span.count() || found.sum() != span.sum()) {
      throw lost(
          saved,
          found.count() == span.count()
              ? "of the %s rows of millrace.change_log that were read last, some are now others"
                  .formatted(span.count())
              : "of the %s rows of millrace.change_log that were read last, %s are there now"
                  .formatted(span.count(), found.count()));
    }
  }

  private static LostPositionException lost(LogPosition saved, String found) {
    return new LostPositionException(
        "The saved position is not one of this log: "
            + found
            + ". The database was restored to an earlier state, lost commits in a failover, or is another one. Position: "
            + saved.encode()
            + ". What was published after the state that the database has now cannot be taken back: compare the consumers with it, then"
            + " accept the gap to go on from now.");
  }

  /**
   * Transactions may have been undone, and their ids given anew: a window under way is read again
   * from its start.
   */
  private static LogPosition onAnotherServer(LogPosition saved, ServerIdentity server) {
    LOG.warn(
        "The log '{}' is read on from another server or after its restart: it was {}, it is {}. The last row read is still there. The epoch"
            + " rises; changes read since the last window's start come again.",
        saved.log(),
        saved.server(),
        server);
    Witness last = saved.last();
    ReadState read = saved.read();
    return new LogPosition(
        saved.log(),
        server,
        saved.incarnation(),
        saved.nonce(),
        read,
        null,
        saved.to() == null ? saved.lastInWindow() : 0,
        last,
        saved.highest(),
        saved.span());
  }

  private LogPosition first(ReaderStart start, Registration registration, ServerIdentity server)
      throws SQLException {
    if (!start.gapAccepted() && session.nonce().isPresent()) {
      throw new LostPositionException(
          "Pipeline '%s' is registered in millrace.reader of log '%s', so it ran before, but has no saved position. Bring its position store"
                  .formatted(start.pipeline(), registration.log())
              + " back, or accept the gap to read all that the log still holds.");
    }
    long drawn = queries.head().idAfter();
    String nonce = HexFormat.of().toHexDigits(random.nextLong());
    session.registerAnew(nonce);
    if (start.firstStart() == FirstStart.OLDEST) {
      return new LogPosition(
          registration.log(),
          server,
          NO_INCARNATION,
          nonce,
          ReadState.NOTHING,
          null,
          0,
          null,
          null,
          null);
    }
    // The registration's transaction is on disk, so its id is never given anew: everything later
    // starts here.
    long bound = registeredBy(nonce) + 1;
    PgSnapshot now = queries.head().snapshot();
    ReadState read = new ReadState(bound, now.inProgress(), drawn);
    return new LogPosition(
        registration.log(), server, server.incarnation(), nonce, read, null, 0, null, null, null);
  }

  /**
   * Stands for no incarnation, so that all of the log's past is read. No cluster has it: system
   * identifiers are times.
   */
  private static final long NO_INCARNATION = 0;

  private long registeredBy(String nonce) throws SQLException {
    // xmin has 32 bits; the rest comes from the snapshot, which is at most one epoch of ids ahead.
    String sql =
        "SELECT r.xmin::text::bigint, pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint"
            + " FROM millrace.reader r WHERE nonce = ?";
    try (PreparedStatement query = session.connection().prepareStatement(sql)) {
      query.setString(1, nonce);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        long low = row.getLong(1);
        long xmax = row.getLong(2);
        long xid = (xmax & ~0xffffffffL) | low;
        return xid < xmax ? xid : xid - (1L << 32);
      }
    }
  }

  private long epoch(
      Registration registration, ServerIdentity server, long saved, boolean sameServer)
      throws SQLException {
    boolean known = registration.identity().equals(server.toString());
    boolean enough = registration.epoch() >= saved && (sameServer || registration.epoch() > saved);
    if (known && enough) {
      return registration.epoch();
    }
    long epoch = Math.max(Math.max(registration.epoch(), saved) + 1, clock.millis());
    if (OwnEpoch.raise(session.connection(), registration.epoch(), epoch, server.toString())) {
      return epoch;
    }
    return epoch(registration(), server, saved, sameServer); // another reader was faster
  }
}
