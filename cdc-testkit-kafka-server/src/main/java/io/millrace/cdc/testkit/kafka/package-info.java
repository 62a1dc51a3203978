/**
 * A Kafka broker for tests, run in a JVM of its own.
 *
 * <p>Nothing in here is called by tests: {@code io.millrace.cdc.testkit.KafkaServer} starts {@link
 * io.millrace.cdc.testkit.kafka.KafkaServerMain} as a child process, with the jars that lie below
 * {@code libraries/} beside it as that process's class path. They are copied there by the build, so
 * that they are found the same way in a reactor build, in a jar and from an IDE, and never on a
 * test's class path.
 */
@NullMarked
package io.millrace.cdc.testkit.kafka;

import org.jspecify.annotations.NullMarked;
