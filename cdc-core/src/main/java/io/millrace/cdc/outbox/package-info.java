/**
 * Events that an application writes itself, in its own transaction, after it wrote its rows.
 *
 * <h2>Entry points</h2>
 *
 * {@link io.millrace.cdc.outbox.EntityType} describes an entity once and makes its {@link
 * io.millrace.cdc.outbox.EntityEvent}s; an {@link io.millrace.cdc.outbox.Outbox} of the database's
 * module keeps them until a pipeline reads them.
 *
 * <h2>Inside</h2>
 *
 * {@link io.millrace.cdc.outbox.OutboxOptions} are given to a source, which reads what was appended
 * between the captured changes of the same transaction. {@code JavaValues} turns Java objects into
 * values; {@code OutboxRecord} is the form in which an event is kept, and {@code CapturedStates}
 * keeps a change from coming out twice.
 */
@NullMarked
package io.millrace.cdc.outbox;

import org.jspecify.annotations.NullMarked;
