package io.millrace.benchmarks;

import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** The table that most workloads use, with the values of a usual row. */
final class Orders {
  /** Its name. */
  static final String TABLE = "orders";

  private static final int PER_STATEMENT = 1000;
  private static final String ROW =
      "(?, ?, 'open', 12.34, 'a note of a usual length, with ü', now(3), now(6), 1)";

  private Orders() {}

  /** Eight columns on MySQL or MariaDB. */
  static void createMySql(Database database, String table) {
    database.execute(
        "create table "
            + table
            + " (id bigint primary key, customer int not null, state varchar(20), total decimal(12,2),"
            + " note varchar(200), created_at datetime(3), updated_at timestamp(6) null, paid tinyint)");
  }

  /** Seven columns on PostgreSQL. */
  static void createPostgres(Database database, String table) {
    database.execute(
        "create table "
            + table
            + " (id bigint primary key, customer bigint, status text, total numeric(12,2), note text,"
            + " created_at timestamptz, updated_at timestamptz)");
  }

  /**
   * Inserts rows with ids from 0 on.
   *
   * @param perCommit rows in a transaction: 1, or a multiple of 1000
   */
  static void insertMySql(Database database, String table, int rows, int perCommit)
      throws SQLException {
    int perStatement = Math.min(perCommit, Math.min(rows, PER_STATEMENT));
    String sql = "insert into " + table + " values " + ROW + (", " + ROW).repeat(perStatement - 1);
    try (Connection connection = database.connect();
        PreparedStatement insert = connection.prepareStatement(sql)) {
      connection.setAutoCommit(false);
      for (int from = 0; from < rows; from += perStatement) {
        for (int j = 0; j < perStatement; j++) {
          insert.setLong(2 * j + 1, from + j);
          insert.setInt(2 * j + 2, j);
        }
        insert.executeUpdate();
        if ((from + perStatement) % perCommit == 0) {
          connection.commit();
        }
      }
      connection.commit();
      try (Statement flush = connection.createStatement()) {
        flush.execute("flush binary logs");
      }
    }
  }

  /** Updates all rows, so many a transaction. */
  static void updateMySql(Database database, String table, int rows, int perCommit) {
    for (int from = 0; from < rows; from += perCommit) {
      database.update(
          "update "
              + table
              + " set state = 'paid', updated_at = now(6) + interval 1 second where id >= ? and id < ?",
          from,
          from + perCommit);
    }
    database.execute("flush binary logs");
  }

  /** Inserts rows by one statement. */
  static void fillPostgresAtOnce(Database database, String table, int rows) {
    database.execute(
        "insert into "
            + table
            + " select i, i * 7, 'open', i / 3.0, 'a note of some length for order ' || i, now(), now()"
            + " from generate_series(1, "
            + rows
            + ") i");
  }

  /** Inserts half of the rows, then updates them all, each half in one statement. */
  static void fillPostgres(Database database, String table, int events) {
    database.execute(
        "insert into "
            + table
            + " select i, i * 7, 'open', i / 3.0, 'a note of some length for order ' || i, now(), now()"
            + " from generate_series(1, "
            + events / 2
            + ") i",
        "update " + table + " set status = 'paid', updated_at = clock_timestamp()");
  }
}
