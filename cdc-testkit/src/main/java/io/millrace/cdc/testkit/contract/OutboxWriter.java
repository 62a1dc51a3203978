package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.Outbox;
import java.sql.Connection;
import java.util.function.UnaryOperator;

/**
 * An application that appends events in the transactions in which it writes. Used by one thread.
 */
public interface OutboxWriter extends SourceWriter {
  /**
   * A writer over JDBC.
   *
   * @param connection in auto-commit mode; closed with the writer
   * @param table from the entity to the table's name in SQL
   * @param outbox where it appends
   */
  static OutboxWriter over(
      Connection connection, UnaryOperator<String> table, Outbox<Connection> outbox) {
    return new SqlOutboxWriter(connection, table, outbox);
  }

  /** Appends within the open transaction, or tries to where none is open. */
  void append(EntityEvent event);
}
