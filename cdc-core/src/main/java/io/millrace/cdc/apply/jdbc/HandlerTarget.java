package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.event.ChangeEvent;
import java.time.Duration;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Calls handlers instead of writing rows; order, retry and holds are as with tables. Ledger,
 * offsets and held events live in the database that is named.
 *
 * <p>A handler is called on the applier's thread, at least once per event: the event counts as
 * applied when the transaction in which it was noted commits, after the handler returned. An
 * exception of the handler holds the event's key.
 */
public final class HandlerTarget {
  private final JdbcTarget.Builder builder;

  private HandlerTarget(JdbcTarget.Builder builder) {
    this.builder = builder;
  }

  /** Handlers that remember what they handled in this database. */
  public static HandlerTarget in(DataSource dataSource, SqlDialect dialect) {
    return new HandlerTarget(JdbcTarget.builder(dataSource, dialect));
  }

  /** Calls a handler for every event of an entity. */
  public HandlerTarget handle(String entity, Consumer<ChangeEvent> handler) {
    builder.handle(entity, handler);
    return this;
  }

  /** Events of the entity are skipped on purpose. */
  public HandlerTarget ignore(String entity) {
    builder.ignore(entity);
    return this;
  }

  /** As {@link JdbcTarget.Builder#timeout}: no handler may take longer. Default 2 minutes. */
  public HandlerTarget timeout(Duration timeout) {
    builder.timeout(timeout);
    return this;
  }

  /** The target. */
  public JdbcTarget build() {
    return builder.build();
  }
}
