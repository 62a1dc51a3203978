package io.millrace.cdc.position;

import io.millrace.cdc.error.PositionException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;

/** What differs between the databases that can keep positions. */
enum PositionDialect {
  POSTGRESQL(
      "(extract(epoch from clock_timestamp()) * 1000)::bigint",
      """
      create table if not exists millrace_position (
        pipeline varchar(100) not null primary key,
        format int not null,
        token bigint not null,
        owner varchar(200) not null,
        lease_until bigint not null,
        position_kind varchar(40),
        position_format int,
        position_text text,
        epoch bigint not null,
        saved_at bigint not null)""",
      // A lost epoch would be given out twice, so the user's setting does not count here.
      List.of("set local synchronous_commit to on")),
  MYSQL(
      "(timestampdiff(microsecond, '1970-01-01 00:00:00', utc_timestamp(6)) div 1000)",
      """
      create table if not exists millrace_position (
        pipeline varchar(100) character set utf8mb4 collate utf8mb4_bin not null primary key,
        format int not null,
        token bigint not null,
        owner varchar(200) character set utf8mb4 not null,
        lease_until bigint not null,
        position_kind varchar(40) character set utf8mb4,
        position_format int,
        position_text longtext character set utf8mb4,
        epoch bigint not null,
        saved_at bigint not null) engine = InnoDB""",
      List.of());

  private final String nowMillis;
  private final String createTable;

  // Always a List.of(…).
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> perTransaction;

  PositionDialect(String nowMillis, String createTable, List<String> perTransaction) {
    this.nowMillis = nowMillis;
    this.createTable = createTable;
    this.perTransaction = perTransaction;
  }

  /**
   * An expression for the server's clock in milliseconds since 1970 UTC, whatever the session's
   * zone.
   */
  String nowMillis() {
    return nowMillis;
  }

  String createTable() {
    return createTable;
  }

  /** What is said at the start of each transaction. */
  List<String> perTransaction() {
    return perTransaction;
  }

  static PositionDialect of(Connection connection) throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    String name = product.toLowerCase(Locale.ROOT);
    if (name.contains("postgresql")) {
      return POSTGRESQL;
    }
    if (name.contains("mysql") || name.contains("mariadb")) {
      return MYSQL;
    }
    throw new PositionException(
        "Positions can be kept in PostgreSQL, MySQL and MariaDB, not in '%s'. Use another database or FilePositions."
            .formatted(product));
  }
}
