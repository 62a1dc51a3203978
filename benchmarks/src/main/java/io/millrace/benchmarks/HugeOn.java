package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A server that something huge is written to. */
enum HugeOn {
  MYSQL("MySQL"),
  MARIADB("MariaDB"),
  POSTGRES("PostgreSQL");

  /** The heap that it has to be read with. */
  static final int HEAP_MEGABYTES = 256;

  /** The table of {@link #writeRow}. */
  static final String BIG = "big";

  private final String title;

  HugeOn(String title) {
    this.title = title;
  }

  /** Its name for people. */
  String title() {
    return title;
  }

  /** The name of a workload on it. */
  String part(String workload) {
    return workload + "-" + title.toLowerCase(Locale.ROOT);
  }

  /** Starts one. */
  SqlServer start() {
    ServerOptions large = ServerOptions.defaults().with("max-allowed-packet", "256M");
    return switch (this) {
      case MYSQL -> MySqlServer.startDedicated(large);
      case MARIADB -> MariaDbServer.startDedicated(large);
      case POSTGRES ->
          PostgresServer.startDedicated(ServerOptions.defaults().with("wal_level", "logical"));
    };
  }

  /** How its log is read. */
  Task task() {
    return this == POSTGRES ? Task.POSTGRES_DRAIN : Task.MYSQL_DRAIN;
  }

  /** Those of the contestants that can read it: Debezium's connector for MySQL refuses MariaDB. */
  List<Contestant> able(Contestant... contestants) {
    return Stream.of(contestants)
        .filter(contestant -> this != MARIADB || contestant.team() != Team.DEBEZIUM)
        .toList();
  }

  void createOrders(Database database) {
    if (this == POSTGRES) {
      Orders.createPostgres(database, Orders.TABLE);
    } else {
      Orders.createMySql(database, Orders.TABLE);
    }
  }

  /** Inserts rows in one transaction. */
  void writeTransaction(Database database, int rows) throws SQLException {
    if (this == POSTGRES) {
      Orders.fillPostgresAtOnce(database, Orders.TABLE, rows);
    } else {
      Orders.insertMySql(database, Orders.TABLE, rows, rows);
    }
  }

  void createBig(Database database) {
    database.execute(
        "create table "
            + BIG
            + " (id bigint primary key, words "
            + (this == POSTGRES ? "text" : "longtext")
            + ")");
  }

  /** Inserts a small row, one of so many bytes, and another small one, a transaction each. */
  void writeRow(Database database, int bytes) throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into " + BIG + " values (?, repeat('w', ?))")) {
      int[] sizes = {1, bytes, 1};
      for (int i = 0; i < sizes.length; i++) {
        insert.setLong(1, i);
        insert.setInt(2, sizes[i]);
        insert.executeUpdate();
      }
    }
  }
}
