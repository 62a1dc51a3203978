package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.Outbox;
import java.sql.Connection;
import java.util.function.UnaryOperator;

/** Writes and appends over JDBC. Used by one thread. */
final class SqlOutboxWriter extends SqlSourceWriter implements OutboxWriter {
  private final Outbox<Connection> outbox;

  SqlOutboxWriter(Connection connection, UnaryOperator<String> table, Outbox<Connection> outbox) {
    super(connection, table);
    this.outbox = outbox;
  }

  @Override
  public void append(EntityEvent event) {
    outbox.append(connection, event);
  }
}
