package io.millrace.cdc.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One database on a test server, as one user sees it, with the few SQL helpers tests need. Every
 * call opens a connection of its own and commits at once; what needs a transaction takes {@link
 * #connect()}. Immutable and thread-safe.
 */
public final class Database {

  private final SqlServer server;
  private final String name;
  private final String user;
  private final String password;

  Database(SqlServer server, String name, String user, String password) {
    this.server = server;
    this.name = name;
    this.user = user;
    this.password = password;
  }

  /** The server it lies on. */
  public SqlServer server() {
    return server;
  }

  /** Its name, lower case, no quoting needed. */
  public String name() {
    return name;
  }

  /** Its JDBC URL, without credentials. */
  public String jdbcUrl() {
    return server.jdbcUrl(name);
  }

  /** Who connects. */
  public String user() {
    return user;
  }

  /** With which password; may be empty. */
  public String password() {
    return password;
  }

  /** A data source without a pool: every connection is a new one. */
  public DataSource dataSource() {
    return new DriverDataSource(jdbcUrl(), user, password);
  }

  /** A data source without a pool that reaches the server through a proxy. */
  public DataSource dataSource(NetworkProxy proxy) {
    String url =
        jdbcUrl().replaceFirst("://[^/?]+", Matcher.quoteReplacement("://" + proxy.address()));
    return new DriverDataSource(url, user, password);
  }

  /**
   * A data source that names the server otherwise and tells its driver something.
   *
   * @param host name or address of the server, without its port
   * @param parameters what follows the {@code ?} of the URL, in place of the testkit's own
   */
  public DataSource dataSource(String host, String parameters) {
    String url =
        jdbcUrl()
            .replaceFirst("[?].*", "")
            .replaceFirst("://[^/:]+", Matcher.quoteReplacement("://" + host));
    return new DriverDataSource(url + "?" + parameters, user, password);
  }

  /** A new connection in auto-commit mode. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), user, password);
  }

  /** The same database as another user. */
  public Database as(String otherUser, String otherPassword) {
    return new Database(server, name, otherUser, otherPassword);
  }

  /**
   * Makes a user that can do only what is granted, and answers this database as that user sees it.
   *
   * @param prefix the beginning of the user's name, as in {@link SqlServer#createDatabase(String)}
   * @param grants what stands between GRANT and TO, run in this database as the present user:
   *     {@code select on all tables in schema public}, {@code replication slave on *.*}
   */
  public Database createUser(String prefix, String... grants) {
    String name = server.uniqueName(prefix);
    String secret = "Secret-" + name;
    boolean postgres = server.kind() == ServerKind.POSTGRES;
    execute(
        postgres
            ? "create role " + name + " login password '" + secret + "'"
            : "create user " + server.account(name) + " identified by '" + secret + "'");
    for (String grant : grants) {
      execute("grant " + grant + " to " + server.account(name));
    }
    return as(name, secret);
  }

  /**
   * Runs statements, one after the other, on one connection in auto-commit mode.
   *
   * @throws SqlFailure if one fails; the message names it
   */
  public void execute(String... statements) {
    String current = "";
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        current = sql;
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new SqlFailure(this, current, e);
    }
  }

  /**
   * Runs one statement with parameters and commits.
   *
   * @return how many rows it changed
   * @throws SqlFailure if it fails
   */
  public int update(String sql, @Nullable Object... parameters) {
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      set(statement, parameters);
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new SqlFailure(this, sql, e);
    }
  }

  /**
   * Runs a query and answers its rows, values as the driver's {@code getObject} gives them.
   *
   * @throws SqlFailure if it fails
   */
  public List<List<@Nullable Object>> query(String sql, @Nullable Object... parameters) {
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      set(statement, parameters);
      try (ResultSet rows = statement.executeQuery()) {
        return read(rows);
      }
    } catch (SQLException e) {
      throw new SqlFailure(this, sql, e);
    }
  }

  /**
   * Runs a query that answers one row of one column.
   *
   * @return its value as text, null for SQL's null
   * @throws SqlFailure if it fails or answers anything else than one value
   */
  public @Nullable String value(String sql, @Nullable Object... parameters) {
    List<List<@Nullable Object>> rows = query(sql, parameters);
    if (rows.size() != 1 || rows.get(0).size() != 1) {
      throw new SqlFailure(this, sql, new SQLException("one value expected, got " + rows));
    }
    Object value = rows.get(0).get(0);
    return value == null ? null : value.toString();
  }

  /**
   * Runs a query that answers one number, a count for instance.
   *
   * @throws SqlFailure if it fails or answers anything else than one whole number
   */
  public long number(String sql, @Nullable Object... parameters) {
    String value = value(sql, parameters);
    if (value == null) {
      throw new SqlFailure(this, sql, new SQLException("a number expected, got null"));
    }
    return Long.parseLong(value);
  }

  /** Drops the database; needless on a server that the testkit started. */
  public void drop() {
    server.admin().execute(server.dropDatabase(name));
  }

  @Override
  public String toString() {
    return user + "@" + jdbcUrl();
  }

  private static void set(PreparedStatement statement, @Nullable Object[] parameters)
      throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
  }

  private static List<List<@Nullable Object>> read(ResultSet rows) throws SQLException {
    int columns = rows.getMetaData().getColumnCount();
    List<List<@Nullable Object>> result = new ArrayList<>();
    while (rows.next()) {
      List<@Nullable Object> row = new ArrayList<>(columns);
      for (int i = 1; i <= columns; i++) {
        row.add(rows.getObject(i));
      }
      result.add(Collections.unmodifiableList(row));
    }
    return Collections.unmodifiableList(result);
  }
}
