package io.millrace.cdc.mysql;

import io.millrace.cdc.source.Secret;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;

/** The servers that every test of the source runs on. */
enum TestFlavour {
  MYSQL,
  MARIADB;

  SqlServer shared() {
    return this == MYSQL ? MySqlServer.shared() : MariaDbServer.shared();
  }

  SqlServer dedicated(ServerOptions options) {
    return this == MYSQL
        ? MySqlServer.startDedicated(options)
        : MariaDbServer.startDedicated(options);
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
