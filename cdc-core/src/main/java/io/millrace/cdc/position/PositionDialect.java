package io.millrace.cdc.position;

import io.millrace.cdc.error.PositionException;
import java.sql.Connection;
import java.sql.SQLException;
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
      """
      create table if not exists millrace_unpublished (
        pipeline varchar(100) not null,
        place bigint not null,
        format int not null,
        routing_key bytea not null,
        what text not null,
        error text not null,
        held_at bigint not null,
        size bigint not null,
        headers bytea not null,
        body bytea not null,
        primary key (pipeline, place))""",
      """
      create table if not exists millrace_gap (
        pipeline varchar(100) not null,
        place bigint not null,
        epoch bigint not null,
        format int not null,
        accepted_at bigint not null,
        reason text not null,
        from_kind varchar(40),
        from_format int,
        from_text text,
        to_kind varchar(40) not null,
        to_format int not null,
        to_text text not null,
        primary key (pipeline, place))""",
      // A lost epoch would be given out twice, so the user's setting does not count here. A session
      // whose client is gone without a word must not keep the row's lock.
      """
      select set_config('synchronous_commit', 'on', true),
        set_config('statement_timeout', '%1$s', true),
        set_config('idle_in_transaction_session_timeout', '%1$s', true)""",
      ""),
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
      """
      create table if not exists millrace_unpublished (
        pipeline varchar(100) character set utf8mb4 collate utf8mb4_bin not null,
        place bigint not null,
        format int not null,
        routing_key longblob not null,
        what longtext character set utf8mb4 not null,
        error longtext character set utf8mb4 not null,
        held_at bigint not null,
        size bigint not null,
        headers longblob not null,
        body longblob not null,
        primary key (pipeline, place)) engine = InnoDB""",
      """
      create table if not exists millrace_gap (
        pipeline varchar(100) character set utf8mb4 collate utf8mb4_bin not null,
        place bigint not null,
        epoch bigint not null,
        format int not null,
        accepted_at bigint not null,
        reason longtext character set utf8mb4 not null,
        from_kind varchar(40) character set utf8mb4,
        from_format int,
        from_text longtext character set utf8mb4,
        to_kind varchar(40) character set utf8mb4 not null,
        to_format int not null,
        to_text longtext character set utf8mb4 not null,
        primary key (pipeline, place)) engine = InnoDB""",
      // Seconds; the same for a session whose client is gone.
      "set @millrace_wait_timeout = @@session.wait_timeout, session wait_timeout = greatest(1, %1$s div 1000)",
      "set session wait_timeout = @millrace_wait_timeout");

  static final String POSITION = "millrace_position";
  static final String UNPUBLISHED = "millrace_unpublished";
  static final String GAP = "millrace_gap";

  private final String nowMillis;
  private final String createTable;
  private final String createUnpublished;
  private final String createGap;

  private final String atBegin;
  private final String atEnd;

  PositionDialect(
      String nowMillis,
      String createTable,
      String createUnpublished,
      String createGap,
      String atBegin,
      String atEnd) {
    this.nowMillis = nowMillis;
    this.createTable = createTable;
    this.createUnpublished = createUnpublished;
    this.createGap = createGap;
    this.atBegin = atBegin;
    this.atEnd = atEnd;
  }

  /**
   * An expression for the server's clock in milliseconds since 1970 UTC, whatever the session's
   * zone.
   */
  String nowMillis() {
    return nowMillis;
  }

  /** How one of the tables is made. */
  String create(String table) {
    if (table.equals(GAP)) {
      return createGap;
    }
    return table.equals(UNPUBLISHED) ? createUnpublished : createTable;
  }

  /**
   * What is said at the start of each transaction.
   *
   * @param limitMillis how long the server lets it be open without hearing anything
   */
  String atBegin(long limitMillis) {
    return atBegin.formatted(limitMillis);
  }

  /** What is said after a transaction to undo that; empty for nothing. */
  String atEnd() {
    return atEnd;
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
