/**
 * PostgreSQL: the change log with its triggers and reader, and the target's dialect.
 *
 * <p>Entry points: {@link io.millrace.cdc.postgres.PostgresSource} for capture, {@link
 * io.millrace.cdc.postgres.PostgresTarget} for applying. A source opens a reader with one
 * connection of its own; the reader is used by one thread. What the log holds and how its window is
 * read stands in {@code LogWindow}.
 *
 * <p>What does not belong here: anything about the transport or the other database.
 */
@NullMarked
package io.millrace.cdc.postgres;

import org.jspecify.annotations.NullMarked;
