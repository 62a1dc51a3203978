package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.apply.jdbc.SqlDialect;
import javax.sql.DataSource;

/**
 * Writes to PostgreSQL tables.
 *
 * <p>Tables are named as in SQL ({@code shop.orders}; quoted where they need it). This library's
 * own tables are in the schema {@code millrace}.
 */
public final class PostgresTarget {
  private static final SqlDialect DIALECT = new PostgresDialect();

  private PostgresTarget() {}

  /** A builder over the user's data source. */
  public static JdbcTarget.Builder builder(DataSource dataSource) {
    return JdbcTarget.builder(dataSource, DIALECT);
  }

  /** The dialect, for {@link io.millrace.cdc.apply.jdbc.HandlerTarget#in}. */
  public static SqlDialect dialect() {
    return DIALECT;
  }
}
