package io.millrace.cdc.testkit.contract;

import java.sql.Connection;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Writes to a harness's tables as an application does, whatever the database. Every call commits by
 * itself unless a transaction was begun. Values are {@code String}, {@code BigDecimal} or null.
 * Used by one thread.
 */
public interface SourceWriter extends AutoCloseable {
  /**
   * A writer over JDBC.
   *
   * @param connection in auto-commit mode; closed with the writer
   * @param table from the entity to the table's name in SQL
   */
  static SourceWriter over(Connection connection, UnaryOperator<String> table) {
    return new SqlSourceWriter(connection, table);
  }

  /** Begins a transaction. */
  void begin();

  /** Commits it; the next call is in auto-commit mode again. */
  void commit();

  /** Rolls it back; the next call is in auto-commit mode again. */
  void rollback();

  /** Inserts a row with all its fields. */
  void insert(String entity, long id, Map<String, ?> fields);

  /** Sets some fields of a row. */
  void set(String entity, long id, Map<String, ?> fields);

  /** Adds one to a number, on the server. */
  void increment(String entity, long id, String field);

  /** Deletes a row. */
  void delete(String entity, long id);

  /** Gives a row another key. Only called where the harness can. */
  default void changeKey(String entity, long id, long newId) {
    throw new UnsupportedOperationException("keys do not change here");
  }

  /** Runs work whose changes are undone within the transaction. Only called where it can. */
  default void undone(Runnable work) {
    throw new UnsupportedOperationException("there are no savepoints here");
  }

  @Override
  void close();
}
