/**
 * The target shared by SQL databases, written over the user's own {@link javax.sql.DataSource}.
 *
 * <p>Entry point for users: the adapters' targets ({@code PostgresTarget}, {@code MySqlTarget}),
 * which give a {@link io.millrace.cdc.apply.jdbc.JdbcTarget.Builder} with their {@link
 * io.millrace.cdc.apply.jdbc.SqlDialect}. A session holds one connection and is used by the
 * applier's thread only.
 *
 * <p>What does not belong here: decisions about what to write (package {@code apply}), statements
 * of one database (the dialects).
 */
@NullMarked
package io.millrace.cdc.apply.jdbc;

import org.jspecify.annotations.NullMarked;
