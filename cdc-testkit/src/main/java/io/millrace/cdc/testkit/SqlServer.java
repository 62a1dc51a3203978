package io.millrace.cdc.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A database server that is spoken to over JDBC. Thread-safe. */
public abstract sealed class SqlServer extends TestServer
    permits PostgresServer, MariaDbServer, MySqlServer {

  private static final Pattern URL = Pattern.compile("(jdbc:\\w+://[^/?]+)(?:/([^?]*))?(\\?.*)?");
  private static final Pattern NAME_PREFIX = Pattern.compile("[a-z][a-z0-9_]{0,29}");

  private final AtomicInteger numbers = new AtomicInteger();

  SqlServer(ServerKind kind, Instance instance, boolean shared) {
    super(kind, instance, shared);
  }

  /**
   * Makes an empty database that no other test has.
   *
   * @param prefix the beginning of its name: a lower-case letter, then up to 29 letters, digits,
   *     underscores
   */
  public final Database createDatabase(String prefix) {
    String name = uniqueName(prefix);
    admin().execute("create database " + name);
    return database(name);
  }

  /**
   * A handle, as administrator, to a database that exists already.
   *
   * @param name its name
   */
  public final Database database(String name) {
    return new Database(this, name, adminUser(), adminPassword());
  }

  /**
   * The administrator's own database ({@code postgres}, {@code mysql}), for statements about the
   * server.
   */
  public final Database admin() {
    return database(adminDatabase());
  }

  /** The name of the administrator every database handle connects as at first. */
  public final String adminUser() {
    return instance() instanceof GivenInstance given ? given.user() : defaultAdmin();
  }

  /** That administrator's password, often empty. */
  public final String adminPassword() {
    return instance() instanceof GivenInstance given ? given.password() : defaultPassword();
  }

  /**
   * The JDBC URL of a database on this server, without credentials.
   *
   * @param database the database's name
   */
  public final String jdbcUrl(String database) {
    if (instance() instanceof GivenInstance given) {
      Matcher matcher = parsed(given);
      String parameters = matcher.group(3) == null ? "" : matcher.group(3);
      return matcher.group(1) + "/" + database + parameters;
    }
    return "jdbc:" + scheme() + "://" + host() + ":" + port() + "/" + database + urlParameters();
  }

  /** A name that no other test on this server has: the prefix with a number. */
  final String uniqueName(String prefix) {
    if (!NAME_PREFIX.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "prefix '" + prefix + "' must be a lower-case letter, then at most 29 of a-z, 0-9 and _");
    }
    int number = numbers.incrementAndGet();
    return instance() instanceof GivenInstance
        ? prefix + "_" + Long.toString(ProcessHandle.current().pid(), 36) + "_" + number
        : prefix + "_" + number;
  }

  @Override
  final void probe() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(jdbcUrl(adminDatabase()), adminUser(), adminPassword());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select version()")) {
      rows.next();
      checkVersion(rows.getString(1));
    }
  }

  /** The scheme of the server's JDBC URLs. */
  abstract String scheme();

  /** What follows the database in them. */
  abstract String urlParameters();

  abstract String defaultAdmin();

  String defaultPassword() {
    return "";
  }

  abstract String defaultAdminDatabase();

  /** Throws if the server at the address is another than the one asked for. */
  abstract void checkVersion(String version);

  /** A user's name as it stands in a GRANT. */
  abstract String account(String user);

  abstract String dropDatabase(String name);

  final RuntimeException wrongServer(String version) {
    return new IllegalStateException(
        description() + " is no " + kind().label() + " but: " + version);
  }

  final String adminDatabase() {
    if (instance() instanceof GivenInstance given) {
      String database = parsed(given).group(2);
      if (database != null && !database.isEmpty()) {
        return database;
      }
    }
    return defaultAdminDatabase();
  }

  private static Matcher parsed(GivenInstance given) {
    Matcher matcher = URL.matcher(given.address());
    if (!matcher.matches()) {
      throw new IllegalStateException(
          given.description() + " is no JDBC URL like jdbc:postgresql://host:port/database");
    }
    return matcher;
  }
}
