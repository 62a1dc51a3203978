package io.millrace.cdc.testkit;

/**
 * A PostgreSQL server. Commits are synchronous, {@code max_prepared_transactions} is 20; a
 * dedicated server can be started with {@code wal_level=logical} and other settings. Thread-safe.
 */
public final class PostgresServer extends SqlServer {

  private PostgresServer(Instance instance, boolean shared) {
    super(ServerKind.POSTGRES, instance, shared);
  }

  /**
   * The server all tests of this JVM share; started by the first call.
   *
   * @throws MissingServerException if there is none, which skips the test
   */
  public static PostgresServer shared() {
    return Servers.shared(
        ServerKind.POSTGRES, PostgresServer.class, instance -> new PostgresServer(instance, true));
  }

  /** A server of the caller's own, with the testkit's settings; close it. */
  public static PostgresServer startDedicated() {
    return startDedicated(ServerOptions.defaults());
  }

  /** A server of the caller's own; close it. */
  public static PostgresServer startDedicated(ServerOptions options) {
    return Servers.dedicated(
        ServerKind.POSTGRES, options, instance -> new PostgresServer(instance, false));
  }

  @Override
  String scheme() {
    return "postgresql";
  }

  @Override
  String urlParameters() {
    return "";
  }

  @Override
  String defaultAdmin() {
    return PostgresProgram.USER;
  }

  @Override
  String defaultAdminDatabase() {
    return "postgres";
  }

  @Override
  void checkVersion(String version) {
    if (!version.startsWith("PostgreSQL")) {
      throw wrongServer(version);
    }
  }

  @Override
  String account(String user) {
    return user;
  }

  @Override
  String dropDatabase(String name) {
    return "drop database if exists " + name + " with (force)";
  }
}
