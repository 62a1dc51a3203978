package io.millrace.cdc.mysql;

import io.millrace.cdc.source.Secret;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import org.jspecify.annotations.Nullable;

/** The servers that every test of the source runs on. */
enum TestFlavour {
  MYSQL,
  MARIADB,
  /** MySQL without GTIDs; the class that uses it closes its server with {@link #close}. */
  MYSQL_PLACES;

  private static @Nullable SqlServer withoutGtids;

  SqlServer shared() {
    return switch (this) {
      case MYSQL -> MySqlServer.shared();
      case MARIADB -> MariaDbServer.shared();
      case MYSQL_PLACES -> withoutGtids();
    };
  }

  private static synchronized SqlServer withoutGtids() {
    SqlServer server = withoutGtids;
    if (server == null) {
      server = MYSQL_PLACES.dedicated(ServerOptions.defaults());
      withoutGtids = server;
    }
    return server;
  }

  /** Ends the server without GTIDs. */
  static synchronized void close() {
    if (withoutGtids != null) {
      withoutGtids.close();
      withoutGtids = null;
    }
  }

  SqlServer dedicated(ServerOptions options) {
    return switch (this) {
      case MYSQL -> MySqlServer.startDedicated(options);
      case MARIADB -> MariaDbServer.startDedicated(options);
      case MYSQL_PLACES ->
          MySqlServer.startDedicated(
              options.with("gtid-mode", "OFF").with("enforce-gtid-consistency", "OFF"));
    };
  }

  boolean isMySql() {
    return this != MARIADB;
  }

  /** A builder for what everyone may read; nothing captured yet. */
  static MySqlSource.Builder builder(Database database) {
    SqlServer server = database.server();
    return MySqlSource.builder(database.dataSource())
        .host(server.host())
        .port(server.port())
        .user(database.user())
        .password(Secret.of(database.password()))
        .service("shop");
  }
}
