package io.millrace.cdc.position;

import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.internal.Invariant;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** Runs a piece of work in a transaction of its own; makes its table where it is missing. */
final class PositionTransactions {
  /** Two instances that make the table or the row at once: one of them tries again. */
  private static final int ATTEMPTS = 5;

  private final Connections connections;
  private final String table;
  private volatile @Nullable PositionDialect known;

  PositionTransactions(Connections connections, String table) {
    this.connections = connections;
    this.table = table;
  }

  interface Work<T> {
    T with(Connection connection, PositionDialect dialect) throws SQLException;
  }

  <T> T run(String pipeline, Work<T> work) {
    return run(pipeline, null, work);
  }

  /** Runs the work; where the table is missing it is not made, and the result is the other one. */
  <T> T runIfThere(String pipeline, T otherwise, Work<T> work) {
    return run(pipeline, otherwise, work);
  }

  private <T> T run(String pipeline, @Nullable T otherwise, Work<T> work) {
    for (int attempt = 1; ; attempt++) {
      try (Connections.Lent lent = connections.take()) {
        return inTransaction(lent.connection(), otherwise, work);
      } catch (SQLException e) {
        String state = String.valueOf(e.getSQLState());
        // Deadlock or serialisation failure, duplicate key.
        boolean collision = state.startsWith("40") || state.startsWith("23");
        if (!collision || attempt == ATTEMPTS) {
          known = null;
          throw failure(pipeline, e, state);
        }
      }
    }
  }

  private <T> T inTransaction(Connection connection, @Nullable T otherwise, Work<T> work)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    T result;
    PositionDialect dialect = null;
    try {
      dialect = prepared(connection, otherwise == null);
      if (dialect == null) {
        connection.rollback();
        if (otherwise == null) {
          throw Invariant.broken("table %s was not made", table);
        }
        result = otherwise;
      } else {
        execute(connection, dialect.atBegin(connections.limit().toMillis()));
        result = work.with(connection, dialect);
        connection.commit();
      }
    } catch (SQLException | RuntimeException e) {
      // A connection that broke cannot be put back; what broke it is what is told.
      try {
        connection.rollback();
        putBack(connection, dialect, autoCommit);
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
    putBack(connection, dialect, autoCommit);
    return result;
  }

  private static void putBack(
      Connection connection, @Nullable PositionDialect dialect, boolean autoCommit)
      throws SQLException {
    if (dialect != null && !dialect.atEnd().isEmpty()) {
      execute(connection, dialect.atEnd());
    }
    connection.setAutoCommit(autoCommit);
  }

  /** Asks before it creates: many applications run without the right to create tables. */
  private @Nullable PositionDialect prepared(Connection connection, boolean make)
      throws SQLException {
    PositionDialect dialect = known;
    if (dialect != null) {
      return dialect;
    }
    PositionDialect found = PositionDialect.of(connection);
    if (!exists(connection)) {
      if (!make) {
        return null;
      }
      create(connection, found);
    }
    known = found;
    return found;
  }

  private boolean exists(Connection connection) throws SQLException {
    try (ResultSet tables =
        connection
            .getMetaData()
            .getTables(connection.getCatalog(), connection.getSchema(), table, null)) {
      return tables.next();
    }
  }

  private void create(Connection connection, PositionDialect dialect) throws SQLException {
    try {
      execute(connection, dialect.create(table));
      connection.commit();
    } catch (SQLException e) {
      // "If not exists" does not help two that create at once; the loser finds the winner's table.
      connection.rollback();
      if (!exists(connection)) {
        throw e;
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private PositionException failure(String pipeline, SQLException e, String state) {
    // 42: no such table or column, no right to it. A person has to change something.
    boolean retryable = !state.startsWith("42");
    return new PositionException(
        "Cannot use the position of pipeline '%s' in table %s of %s: %s%s"
            .formatted(
                pipeline,
                table,
                connections.describe(),
                e.getMessage(),
                retryable ? "" : " The user needs select, insert, update and delete on it."),
        e,
        retryable);
  }
}
