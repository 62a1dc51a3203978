package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.position.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reader's connection, set up for it, and its registration. */
final class ReaderSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderSession.class);
  private static final long REGISTER_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** So long a page that is read ahead may take when the session is closed. */
  private static final long CLOSE_MILLIS = 2_000;

  /** Undone on close: the connection may come from a pool. */
  private static final String[][] SETTINGS = {
    {"default_transaction_isolation", "'read committed'"},
    {"default_transaction_read_only", "off"},
    {
      "synchronous_commit", "local"
    }, // what a flush of ours needs; a standby's answer is not waited for
    {"statement_timeout", ""}, // set for each session
    // The server ends the session of a host that is gone without a word within two minutes.
    {"tcp_keepalives_idle", "60"},
    {"tcp_keepalives_interval", "15"},
    {"tcp_keepalives_count", "4"},
    {"search_path", "pg_catalog"},
    {"TimeZone", "'UTC'"},
    {"jit", "off"},
    {"enable_seqscan", "off"},
    {"enable_bitmapscan", "off"},
    {"enable_sort", "off"},
    {"max_parallel_workers_per_gather", "0"},
  };

  /**
   * What a pipeline's row of {@code millrace.reader} says.
   *
   * @param lost why retention may have dropped what it had not read
   */
  record Registered(String nonce, @Nullable String lost) {}

  private final Connections.Lent lent;
  private final Connection connection;
  private final String pipeline;
  private final SecondThread second;
  private long registeredNanos = System.nanoTime() - REGISTER_EVERY_NANOS;
  private boolean closed;

  private ReaderSession(Connections.Lent lent, String pipeline) {
    this.lent = lent;
    this.connection = lent.connection();
    this.pipeline = pipeline;
    this.second = new SecondThread("millrace-" + pipeline + "-page");
  }

  static ReaderSession open(Connections connections, Duration timeout, String pipeline)
      throws SQLException {
    Connections.Lent lent = connections.take();
    Connection connection = lent.connection();
    try {
      connection.setAutoCommit(true);
      try (Statement statement = connection.createStatement()) {
        for (String[] setting : SETTINGS) {
          if (!setting[1].isEmpty()) {
            statement.execute("SET " + setting[0] + " = " + setting[1]);
          }
        }
        // Before this side gives up: the server's message says more than a closed socket.
        statement.execute("SET statement_timeout = " + Math.max(1, timeout.toMillis() * 9 / 10));
        statement.execute("SET application_name = " + Sql.literal("millrace " + pipeline));
      }
      return new ReaderSession(lent, pipeline);
    } catch (SQLException e) {
      try {
        lent.close();
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  String pipeline() {
    return pipeline;
  }

  /** The connection, once nothing is read ahead on it: nobody but the reader's thread uses it. */
  Connection connection() {
    second.settle();
    return connection;
  }

  /** Reads something on the session's second thread, which has the connection meanwhile. */
  <T> Future<T> ahead(Callable<T> read) {
    return second.submit(read);
  }

  /** The nonce of the pipeline's registration; empty where it never ran here. */
  Optional<String> nonce() throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT nonce FROM millrace.reader WHERE pipeline = ?")) {
      query.setString(1, pipeline);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  /** Registers the pipeline anew, durably. */
  void registerAnew(String nonce) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO millrace.reader (pipeline, nonce, position) VALUES (?, ?, '')"
                + " ON CONFLICT (pipeline) DO UPDATE SET nonce = excluded.nonce, position = '',"
                + " updated_at = pg_catalog.clock_timestamp(), incarnation = NULL, bound = 0, members = '{}', witness = '{}', lost = NULL")) {
      statement.setString(1, pipeline);
      statement.setString(2, nonce);
      statement.executeUpdate();
    }
  }

  /**
   * Why retention may have dropped what this reader has not read; empty where it has not.
   *
   * @param nonce of the registration under which the reader's position was made
   */
  Optional<String> lost(String nonce) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT nonce, lost FROM millrace.reader WHERE pipeline = ?")) {
      query.setString(1, pipeline);
      try (ResultSet row = query.executeQuery()) {
        return lost(row.next() ? new Registered(row.getString(1), row.getString(2)) : null, nonce);
      }
    }
  }

  /** The same, of a registration that was read. */
  static Optional<String> lost(@Nullable Registered found, String nonce) {
    if (found == null || !found.nonce().equals(nonce)) {
      return Optional.of("millrace.reader does not hold the pipeline with nonce " + nonce);
    }
    return Optional.ofNullable(found.lost());
  }

  /**
   * Registers a pipeline whose position was made under another name, or whose registration is gone.
   *
   * @return why retention may have dropped what it has not read; empty where it has not
   */
  Optional<String> registerAgain(LogPosition saved) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO millrace.reader (pipeline, nonce, position, incarnation, bound, members, witness)"
                + " VALUES (?, ?, ?, ?, ?, ?::bigint[], ?::bigint[]) ON CONFLICT (pipeline) DO UPDATE SET nonce = excluded.nonce,"
                + " position = excluded.position, incarnation = excluded.incarnation, bound = excluded.bound,"
                + " members = excluded.members, witness = excluded.witness, updated_at = pg_catalog.clock_timestamp()")) {
      statement.setString(1, pipeline);
      statement.setString(2, saved.nonce());
      statement.setString(3, saved.encode().text());
      statement.setLong(4, saved.incarnation());
      statement.setLong(5, saved.needed().bound());
      statement.setString(6, Sql.numbers(saved.needed().members()));
      statement.setString(7, Sql.numbers(saved.witnesses()));
      statement.executeUpdate();
    }
    // The lock waits for what retention drops at this moment, not having seen the registration.
    try (Statement query = connection.createStatement();
        ResultSet row =
            query.executeQuery(
                "SELECT dropped_incarnation, dropped_xid FROM millrace.registration WHERE dropped_xid IS NOT NULL FOR SHARE")) {
      if (!row.next()
          || (row.getLong(1) == saved.incarnation()
              && saved.needed().hasReadAllTo(row.getLong(2)))) {
        return Optional.empty();
      }
      return Optional.of(
          "millrace.reader did not hold the pipeline with nonce %s, so nothing was kept for it, and changes up to transaction %s were dropped"
              .formatted(saved.nonce(), row.getLong(2)));
    }
  }

  /**
   * Notes the position, and what retention must keep for it, every few seconds at most. A failure
   * shows at the next poll.
   */
  void register(Position position) {
    long now = System.nanoTime();
    if (closed || now - registeredNanos < REGISTER_EVERY_NANOS) {
      return;
    }
    registeredNanos = now;
    try (PreparedStatement statement =
        connection()
            .prepareStatement(
                "UPDATE millrace.reader SET position = ?, updated_at = pg_catalog.clock_timestamp(), incarnation = ?, bound = ?,"
                    + " members = ?::bigint[], witness = ?::bigint[] WHERE pipeline = ?")) {
      LogPosition saved = LogPosition.decode(position);
      ReadState needed = saved.needed();
      statement.setString(1, position.text());
      statement.setLong(2, saved.incarnation());
      statement.setLong(3, needed.bound());
      statement.setString(4, Sql.numbers(needed.members()));
      statement.setString(5, Sql.numbers(saved.witnesses()));
      statement.setString(6, pipeline);
      statement.executeUpdate();
    } catch (SQLException e) {
      LOG.warn(
          "Pipeline '{}' could not note its position in millrace.reader; it tries again later",
          pipeline,
          e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean quiet = second.end(CLOSE_MILLIS);
    try (lent) {
      if (!quiet) {
        LOG.warn(
            "The server had not answered pipeline '{}' when it was closed; the connection is cut",
            pipeline);
        connection.abort(Runnable::run);
        return;
      }
      lent.hurry();
      try (Statement statement = connection.createStatement()) {
        for (String[] setting : SETTINGS) {
          statement.execute("RESET " + setting[0]);
        }
        statement.execute("RESET application_name");
      }
    } catch (SQLException e) {
      LOG.debug("The connection of pipeline '{}' was gone when it was closed", pipeline, e);
    }
  }
}
