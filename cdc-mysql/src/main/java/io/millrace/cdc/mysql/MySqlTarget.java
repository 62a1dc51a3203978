package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.apply.jdbc.SqlDialect;
import javax.sql.DataSource;

/**
 * Writes to tables of MySQL or MariaDB.
 *
 * <p>Tables are named {@code database.table}, or {@code table} in the connection's database, where
 * this library's own tables are too. The driver is the user's: MySQL Connector/J or MariaDB
 * Connector/J.
 */
public final class MySqlTarget {
  private static final SqlDialect DIALECT = new MySqlDialect();

  private MySqlTarget() {}

  /** A builder over the user's data source, whose connections must have a database selected. */
  public static JdbcTarget.Builder builder(DataSource dataSource) {
    return JdbcTarget.builder(dataSource, DIALECT);
  }

  /** The dialect, for {@link io.millrace.cdc.apply.jdbc.HandlerTarget#in}. */
  public static SqlDialect dialect() {
    return DIALECT;
  }
}
