package io.millrace.cdc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections of a user's data source on which no wait is for ever: neither for the connection nor
 * for an answer, even where the server is gone without a word and the driver has no time-outs of
 * its own. Thread-safe.
 */
public final class Connections {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

  /** Giving a connection back is not worth more. */
  private static final int CLOSE_MILLIS = 2_000;

  /**
   * Attempts that hang in the driver cannot be ended from here. With this many, a new one is made
   * the more rarely the more there are.
   */
  private static final int FEW = 4;

  private static final long PAUSE_PER_HANGING_NANOS = 10_000_000_000L;

  private static final String NO_SUCH_DATABASE = "3D000";
  private static final int MYSQL_NO_SUCH_DATABASE = 1049;

  private final DataSource dataSource;
  private final Duration limit;
  private final AtomicInteger hanging = new AtomicInteger();
  private final AtomicLong lastGivenUpNanos = new AtomicLong();
  private volatile @Nullable String address;

  /**
   * Over a data source.
   *
   * @param limit longest wait for a connection and for each answer; at least 1 ms
   */
  public Connections(DataSource dataSource, Duration limit) {
    this.dataSource = Check.notNull(dataSource, "dataSource");
    this.limit = checkLimit(limit);
  }

  /** The limit, where it is one that a driver can be told. */
  public static Duration checkLimit(Duration limit) {
    Check.argument(
        limit.compareTo(Duration.ofMillis(1)) >= 0 && limit.compareTo(Duration.ofDays(1)) <= 0,
        "timeout must be 1 ms to 1 day, got %s",
        limit);
    return limit;
  }

  /** Longest wait for a connection and for each answer. */
  public Duration limit() {
    return limit;
  }

  /**
   * Where connections lead to, for messages, without parameters or credentials; before the first
   * one the data source's class.
   */
  public String describe() {
    String known = address;
    return known != null ? known : "data source " + dataSource.getClass().getSimpleName();
  }

  /**
   * A connection; close it here, which takes the limit off again. A refused user or password, or a
   * certificate that is not trusted, fails for good only where there never was a connection before.
   */
  public Lent take() throws SQLException {
    Connection connection = letIn();
    try {
      if (address == null) {
        address = withoutSecrets(connection.getMetaData().getURL());
      }
      return new Lent(connection, bound(connection, limit));
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Whether a server said that it lets this user not in, or that it has no such database, or is not
   * trusted: nobody need wait for that. Where it let the user in before, {@link #take} makes a
   * refused user or password, or a certificate that is not trusted, a failure that may pass
   * instead, since both are changed while their users run.
   */
  public static boolean isRefusal(SQLException e) {
    return isCredentials(e)
        || NO_SUCH_DATABASE.equals(e.getSQLState())
        || e.getErrorCode() == MYSQL_NO_SUCH_DATABASE;
  }

  private static boolean isCredentials(SQLException e) {
    String state = e.getSQLState();
    return e instanceof SQLInvalidAuthorizationSpecException
        || (state != null && state.startsWith("28"));
  }

  private Connection letIn() throws SQLException {
    try {
      return connect();
    } catch (SQLException e) {
      SQLException told = Distrust.caused(e) ? new UntrustedException(e) : e;
      if (address == null || !isCredentials(told)) {
        throw told;
      }
      throw new SQLTransientConnectionException(
          "%s (This user was let in before, so it is tried again.)".formatted(told.getMessage()),
          "08004",
          e);
    }
  }

  /** The driver did not trust the server. Counts as a refusal; the message names the remedy. */
  public static final class UntrustedException extends SQLInvalidAuthorizationSpecException {
    private static final long serialVersionUID = 1;

    private UntrustedException(SQLException e) {
      super(
          ("the server's certificate is not trusted, or names another host: %s. Tell the driver whom to trust"
                  + " (PostgreSQL: sslrootcert, MariaDB: serverSslCert, MySQL: trustCertificateKeyStoreUrl),"
                  + " and connect by a host name that stands in the certificate.")
              .formatted(Distrust.reasons(e).replaceFirst("[.]$", "")),
          "28000",
          e);
    }
  }

  /** A connection on loan. */
  public static final class Lent implements AutoCloseable {
    private final Connection connection;
    private final int before;

    private Lent(Connection connection, int before) {
      this.connection = connection;
      this.before = before;
    }

    /** The connection; never closed by itself, but through its loan. */
    public Connection connection() {
      return connection;
    }

    /** From now on the server gets little time: what follows is only politeness. */
    public void hurry() throws SQLException {
      if (before != UNSUPPORTED && !connection.isClosed()) {
        connection.setNetworkTimeout(Runnable::run, CLOSE_MILLIS);
      }
    }

    /** Gives the connection back as it was. */
    @Override
    public void close() throws SQLException {
      try (connection) {
        if (before != UNSUPPORTED && before != UNCHANGED && !connection.isClosed()) {
          connection.setNetworkTimeout(Runnable::run, before);
        }
      }
    }
  }

  private static final int UNSUPPORTED = -1;
  private static final int UNCHANGED = -2;

  /** What was set before. A shorter limit of the user's own stays. */
  private static int bound(Connection connection, Duration limit) throws SQLException {
    int millis = (int) limit.toMillis();
    try {
      int before = connection.getNetworkTimeout();
      if (before > 0 && before <= millis) {
        return UNCHANGED;
      }
      connection.setNetworkTimeout(Runnable::run, millis);
      return before;
    } catch (SQLFeatureNotSupportedException | AbstractMethodError e) {
      LOG.debug("The driver of {} has no network time-out", connection.getClass(), e);
      return UNSUPPORTED;
    }
  }

  /** On a thread of its own, since a driver without time-outs may wait for a greeting for ever. */
  private Connection connect() throws SQLException {
    refuseWhereTooManyHang();
    Attempt attempt = new Attempt();
    Thread thread = new Thread(attempt, "millrace-connect-" + attempt.hashCode());
    thread.setDaemon(true);
    thread.start();
    try {
      return attempt.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      giveUp(attempt);
      throw new SQLTransientConnectionException(
          "No connection to %s within %s: the server accepts none or does not answer. (A connectTimeout or loginTimeout of the driver would end the attempt sooner.)"
              .formatted(describe(), limit),
          "08001",
          e);
    } catch (InterruptedException e) {
      giveUp(attempt);
      Thread.currentThread().interrupt();
      throw new SQLTransientConnectionException("Interrupted while connecting", "08001", e);
    } catch (ExecutionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    }
  }

  private void refuseWhereTooManyHang() throws SQLTransientConnectionException {
    int count = hanging.get();
    if (count >= FEW
        && System.nanoTime() - lastGivenUpNanos.get() < count * PAUSE_PER_HANGING_NANOS) {
      throw new SQLTransientConnectionException(
          "%s attempts to connect to %s hang in the driver; the next one comes later. Give the driver a connectTimeout and a loginTimeout."
              .formatted(count, describe()),
          "08001");
    }
  }

  private void giveUp(Attempt attempt) {
    hanging.incrementAndGet();
    lastGivenUpNanos.set(System.nanoTime());
    attempt.abandon();
  }

  /** A pool tells its failures as it likes; what matters is what the driver said. */
  private SQLException failure(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof SQLException known) {
        return known;
      }
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return new SQLTransientConnectionException(
        "No connection to %s: %s".formatted(describe(), cause), "08001", cause);
  }

  private static @Nullable String withoutSecrets(@Nullable String url) {
    return url == null ? null : url.replaceFirst("[?;].*", "").replaceFirst("//[^/@]*@", "//");
  }

  /** One attempt; who gives it up leaves the closing to it. */
  private final class Attempt extends FutureTask<Connection> {
    private boolean abandoned; // guarded by this

    Attempt() {
      super(dataSource::getConnection);
    }

    synchronized void abandon() {
      if (isDone()) {
        closeLate();
      } else {
        abandoned = true;
      }
    }

    @Override
    protected synchronized void done() {
      if (abandoned) {
        closeLate();
      }
    }

    private void closeLate() {
      hanging.decrementAndGet();
      try {
        get().close();
      } catch (SQLException | ExecutionException e) {
        LOG.debug("A connection given up came to nothing", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
