package io.millrace.cdc.testkit;

/**
 * A MySQL server with a binary log: GTIDs on, rows in full with full metadata. There is no embedded
 * one; see {@code docs/testing.md} for how to get it. Thread-safe.
 */
public final class MySqlServer extends SqlServer {

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
