package io.millrace.cdc.outbox;

/**
 * Keeps events in the application's own database and transaction, for a pipeline to publish.
 * Thread-safe.
 *
 * <p>Append a state event <em>after</em> the entity's row was written in the same transaction: the
 * row's lock then orders the events of writers that meet, with one another and with the captured
 * changes of that row. A rollback leaves nothing, and so does one to a savepoint before the append.
 *
 * <p>After the commit, {@code pipeline.flush()} wakes the reader at once. It never blocks, and is
 * never needed: where another instance runs the pipeline, or none, it does nothing, and the
 * instance that runs it finds the event with its next look, after the source's longest idle
 * interval at the latest (PostgreSQL: {@code longestIdle}, 500 ms by default, four times that after
 * a quiet minute; MySQL, MariaDB and MongoDB send events themselves). Where the pipeline is down,
 * the event waits in the database.
 *
 * <p>The source publishes what was appended where its builder's {@code outbox()} says so.
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
   * @param event made by an {@link EntityType}
   * @throws IllegalArgumentException where it is a state of an entity that the source captures too;
   *     told by an outbox that comes from its source
   * @throws IllegalStateException where no transaction is open: the event would be kept although
   *     the change may never be
   * @throws io.millrace.cdc.error.SourceException where the database refuses it
   */
  void append(T transaction, EntityEvent event);
}
