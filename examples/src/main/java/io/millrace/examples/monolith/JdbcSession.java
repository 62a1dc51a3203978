package io.millrace.examples.monolith;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A session on tables, with plain JDBC. */
final class JdbcSession implements Session {
  private final String side;
  private final List<Table> tables;
  private final Connection connection;
  private final List<Change> pending = new ArrayList<>();

  JdbcSession(String side, List<Table> tables, Connection connection) throws SQLException {
    this.side = side;
    this.tables = tables;
    this.connection = connection;
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
  }

  @Override
  public @Nullable Map<String, @Nullable String> lock(String entity, List<String> key)
      throws TryAgain {
    try {
      return table(entity).lock(connection, key);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  @Override
  public void insert(String entity, Map<String, @Nullable String> row) throws TryAgain {
    Table table = table(entity);
    try {
      table.insert(connection, row);
    } catch (SQLException e) {
      throw failure(e);
    }
    pending.add(new Change(side, entity, table.id(row), "CREATED", row));
  }

  @Override
  public void update(String entity, List<String> key, Map<String, @Nullable String> changes)
      throws TryAgain {
    try {
      table(entity).update(connection, key, changes);
    } catch (SQLException e) {
      throw failure(e);
    }
    pending.add(new Change(side, entity, String.join(",", key), "UPDATED", changes));
  }

  @Override
  public void delete(String entity, List<String> key) throws TryAgain {
    try {
      table(entity).delete(connection, key);
    } catch (SQLException e) {
      throw failure(e);
    }
    pending.add(new Change(side, entity, String.join(",", key), "DELETED", Map.of()));
  }

  @Override
  public List<Change> commit() throws TryAgain {
    try {
      connection.commit();
    } catch (SQLException e) {
      throw failure(e);
    }
    List<Change> committed = List.copyOf(pending);
    pending.clear();
    return committed;
  }

  @Override
  public void rollback() {
    pending.clear();
    try {
      connection.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deadlocks, lock time-outs, and keys or parents that the other side just made or removed. */
  private static TryAgain failure(SQLException e) {
    if (Table.lostRace(e)) {
      return new TryAgain(e);
    }
    throw new IllegalStateException(e.getMessage(), e);
  }

  private Table table(String entity) {
    return tables.stream().filter(table -> table.entity().equals(entity)).findFirst().orElseThrow();
  }
}
