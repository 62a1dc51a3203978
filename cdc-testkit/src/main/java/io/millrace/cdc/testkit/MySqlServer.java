package io.millrace.cdc.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A MySQL server with a binary log: GTIDs on, rows in full with full metadata. There is no embedded
 * one; see {@code docs/testing.md} for how to get it. Thread-safe.
 */
public final class MySqlServer extends SqlServer {

  private static final Logger LOG = LoggerFactory.getLogger(MySqlServer.class);
  private static final int HURRY = 2_000;

  private MySqlServer(Instance instance, boolean shared) {
    super(ServerKind.MYSQL, instance, shared);
  }

  /**
   * The server all tests of this JVM share; started by the first call.
   *
   * @throws MissingServerException if there is none, which skips the test
   */
  public static MySqlServer shared() {
    return Servers.shared(
        ServerKind.MYSQL, MySqlServer.class, instance -> new MySqlServer(instance, true));
  }

  /** A server of the caller's own, with the testkit's settings; close it. */
  public static MySqlServer startDedicated() {
    return startDedicated(ServerOptions.defaults());
  }

  /** A server of the caller's own; close it. */
  public static MySqlServer startDedicated(ServerOptions options) {
    return Servers.dedicated(
        ServerKind.MYSQL, options, instance -> new MySqlServer(instance, false));
  }

  /**
   * Ends the sessions that send the binary log: a stop would wait for each until it writes to its
   * client and finds it gone, which takes seconds.
   */
  @Override
  void beforeStop() {
    String url = jdbcUrl(adminDatabase()) + "&connectTimeout=" + HURRY + "&socketTimeout=" + HURRY;
    try (Connection connection = DriverManager.getConnection(url, adminUser(), adminPassword());
        Statement statement = connection.createStatement()) {
      List<Long> senders = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "select id from information_schema.processlist where command like 'Binlog Dump%'")) {
        while (rows.next()) {
          senders.add(rows.getLong(1));
        }
      }
      for (long sender : senders) {
        statement.execute("kill " + sender);
      }
    } catch (SQLException e) {
      LOG.debug("{}: its senders are left to the stop", this, e); // it hangs, or runs no more
    }
  }

  @Override
  String scheme() {
    return "mysql";
  }

  /** Without TLS, as with MariaDB; a password then needs the server's public key. */
  @Override
  String urlParameters() {
    return "?sslMode=DISABLED&allowPublicKeyRetrieval=true";
  }

  @Override
  String defaultAdmin() {
    return "root";
  }

  @Override
  String defaultAdminDatabase() {
    return "mysql";
  }

  @Override
  void checkVersion(String version) {
    if (version.contains("MariaDB")) {
      throw wrongServer(version);
    }
  }

  @Override
  String account(String user) {
    return "'" + user + "'@'%'";
  }

  @Override
  String dropDatabase(String name) {
    return "drop database if exists " + name;
  }
}
