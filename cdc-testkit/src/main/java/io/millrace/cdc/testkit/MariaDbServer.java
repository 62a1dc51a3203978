package io.millrace.cdc.testkit;

/**
 * A MariaDB server with a binary log: GTID strict mode, rows in full with full metadata.
 * Thread-safe.
 *
 * <p>The reader of its binary log needs {@code replication slave, binlog monitor on *.*} and {@code
 * select} on what it captures.
 */
public final class MariaDbServer extends SqlServer {

  private MariaDbServer(Instance instance, boolean shared) {
    super(ServerKind.MARIADB, instance, shared);
  }

  /**
   * The server all tests of this JVM share; started by the first call.
   *
   * @throws MissingServerException if there is none, which skips the test
   */
  public static MariaDbServer shared() {
    return Servers.shared(
        ServerKind.MARIADB, MariaDbServer.class, instance -> new MariaDbServer(instance, true));
  }

  /** A server of the caller's own, with the testkit's settings; close it. */
  public static MariaDbServer startDedicated() {
    return startDedicated(ServerOptions.defaults());
  }

  /** A server of the caller's own; close it. */
  public static MariaDbServer startDedicated(ServerOptions options) {
    return Servers.dedicated(
        ServerKind.MARIADB, options, instance -> new MariaDbServer(instance, false));
  }

  @Override
  String scheme() {
    return "mariadb";
  }

  @Override
  String urlParameters() {
    return "";
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
    if (!version.contains("MariaDB")) {
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
