package io.millrace.cdc.testkit.contract;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Writes over JDBC. Used by one thread. */
class SqlSourceWriter implements SourceWriter {
  final Connection connection;
  private final UnaryOperator<String> table;

  SqlSourceWriter(Connection connection, UnaryOperator<String> table) {
    this.connection = connection;
    this.table = table;
  }

  private interface Work {
    void run() throws SQLException;
  }

  private static void sql(Work work) {
    try {
      work.run();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void run(String sql, List<@Nullable Object> values) {
    sql(
        () -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.size(); i++) {
              statement.setObject(i + 1, values.get(i));
            }
            statement.executeUpdate();
          }
        });
  }

  @Override
  public void begin() {
    sql(() -> connection.setAutoCommit(false));
  }

  @Override
  public void commit() {
    sql(
        () -> {
          connection.commit();
          connection.setAutoCommit(true);
        });
  }

  @Override
  public void rollback() {
    sql(
        () -> {
          connection.rollback();
          connection.setAutoCommit(true);
        });
  }

  @Override
  public void insert(String entity, long id, Map<String, ?> fields) {
    List<@Nullable Object> values = new ArrayList<>();
    StringBuilder names = new StringBuilder("id");
    values.add(id);
    fields.forEach(
        (name, value) -> {
          names.append(", ").append(name);
          values.add(value);
        });
    run(
        "insert into "
            + table.apply(entity)
            + " ("
            + names
            + ") values (?"
            + ", ?".repeat(fields.size())
            + ")",
        values);
  }

  @Override
  public void set(String entity, long id, Map<String, ?> fields) {
    List<@Nullable Object> values = new ArrayList<>(fields.values());
    values.add(id);
    run(
        "update "
            + table.apply(entity)
            + " set "
            + String.join(" = ?, ", fields.keySet())
            + " = ? where id = ?",
        values);
  }

  @Override
  public void increment(String entity, long id, String field) {
    run(
        "update " + table.apply(entity) + " set " + field + " = " + field + " + 1 where id = ?",
        List.of(id));
  }

  @Override
  public void delete(String entity, long id) {
    run("delete from " + table.apply(entity) + " where id = ?", List.of(id));
  }

  @Override
  public void changeKey(String entity, long id, long newId) {
    run("update " + table.apply(entity) + " set id = ? where id = ?", List.of(newId, id));
  }

  @Override
  public void undone(Runnable work) {
    sql(
        () -> {
          Savepoint savepoint = connection.setSavepoint();
          work.run();
          connection.rollback(savepoint);
        });
  }

  @Override
  public void close() {
    sql(connection::close);
  }
}
