package io.millrace.cdc.outbox;

/**
 * Keeps events in the application's own database and transaction, for a pipeline to publish.
 * Thread-safe.
 *
 * <p>Append a state event <em>after</em> the entity's row was written in the same transaction: the
 * row's lock then orders the events of writers that meet. A rollback leaves nothing. After the
 * commit, {@code pipeline.flush()} wakes the reader; without it the event is found with the next
 * poll.
 *
 * @param <T> what carries the transaction: a {@code java.sql.Connection}, a MongoDB {@code
 *     ClientSession}
 */
@FunctionalInterface
public interface Outbox<T> {
  /**
   * Writes an event into the transaction's database.
   *
   * @param transaction where a transaction is open: a connection with auto-commit off, a session
   *     with a started transaction
   * @throws IllegalStateException where no transaction is open: the event would be kept although
   *     the change may never be
   * @throws io.millrace.cdc.error.SourceException where the database refuses it
   */
  void append(T transaction, EntityEvent event);
}
