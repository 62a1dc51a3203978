/**
 * The main job: a monolith (MongoDB or MariaDB) and a service cut out of it (PostgreSQL) that both
 * write and stay in step over Kafka.
 *
 * <p>{@code MonolithSync} is the program: it starts the servers, one JVM per side that syncs, and
 * writers on both sides, and prints the summary. {@code Sync} is the part that a user would copy,
 * {@code DocumentSync} for a monolith that keeps documents. {@code Journal}, {@code Topic} and
 * {@code Judge} do not use the library: writers journal what they committed, a plain Kafka consumer
 * reads the topic, the plain drivers read the databases.
 */
@NullMarked
package io.millrace.examples.monolith;

import org.jspecify.annotations.NullMarked;
