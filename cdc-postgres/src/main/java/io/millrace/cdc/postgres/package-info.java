/**
 * PostgreSQL: the change log with its triggers and reader, and the target's dialect.
 *
 * <p>Entry points: {@link io.millrace.cdc.postgres.PostgresSource} for capture, {@link
 * io.millrace.cdc.postgres.PostgresTarget} for applying. A source opens a reader with one
 * connection of its own; the reader is used by one thread. What the log holds and how its window is
 * read stands in {@code LogWindow}.
 *
 * <p><b>Threads.</b> While a page of a large window is decoded, the next one is read on {@code
 * millrace-<pipeline>-page} ({@code ReadAhead}), which has the connection meanwhile; whatever else
 * wants it waits ({@code SecondThread}). There is no such thread where windows are small.
 *
 * <p>What does not belong here: anything about the transport or the other database.
 */
@NullMarked
package io.millrace.cdc.postgres;

import org.jspecify.annotations.NullMarked;
