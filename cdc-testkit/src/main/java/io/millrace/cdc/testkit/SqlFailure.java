package io.millrace.cdc.testkit;

import java.sql.SQLException;

/**
 * A statement of a test failed; the message names database and statement, the cause is the
 * driver's.
 */
public final class SqlFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String sqlState;

  SqlFailure(Database database, String sql, SQLException cause) {
    super(cause.getMessage() + " [" + database + ": " + sql + "]", cause);
    this.sqlState = cause.getSQLState() == null ? "" : cause.getSQLState();
  }

  /** The driver's SQL state, empty where it gave none. */
  public String sqlState() {
    return sqlState;
  }
}
