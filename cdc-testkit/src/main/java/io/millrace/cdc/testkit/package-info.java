/**
 * Real servers for tests, examples and benchmarks.
 *
 * <h2>Entry points</h2>
 *
 * {@link io.millrace.cdc.testkit.PostgresServer}, {@link io.millrace.cdc.testkit.MariaDbServer},
 * {@link io.millrace.cdc.testkit.MySqlServer}, {@link io.millrace.cdc.testkit.KafkaServer}: {@code
 * shared()} is the one server of this JVM, which every test uses and none may stop; {@code
 * startDedicated(options)} is the caller's own, to stop, kill, freeze and start again on the same
 * port and data. {@code createDatabase("prefix")} answers a {@link
 * io.millrace.cdc.testkit.Database} that no other test has. {@link
 * io.millrace.cdc.testkit.NeedsServer} skips a class or method whose server is missing. {@link
 * io.millrace.cdc.testkit.ManualClock} and {@link io.millrace.cdc.testkit.LeakCheck} need no
 * server. {@link io.millrace.cdc.testkit.NetworkProxy} stands between a client and a server and
 * makes the network bad.
 *
 * <h2>How a server is chosen</h2>
 *
 * The first that applies, and the log says which: the address given by {@code
 * MILLRACE_POSTGRES_URL} and its like (shared servers only) · a program named by {@code
 * MILLRACE_MYSQLD} and its like, or, for MySQL and MariaDB, found on the {@code PATH} · Docker,
 * when an engine answers · the embedded one from Maven artifacts. Where there is none, the test is
 * skipped with a line that says what to provide; it fails if {@code MILLRACE_REQUIRED_SERVERS}
 * names the server. {@code docs/testing.md} has the table of all variables.
 *
 * <h2>Inside</h2>
 *
 * {@code Servers} decides, {@code Origins} looks, a {@code ServerProgram} knows one server's
 * command line, {@code NativeInstance} runs it as a child process, {@code Cache} keeps what is
 * unpacked once per machine, {@code Watchdog} ends what this JVM cannot end any more. A server to
 * come ({@code MongoServer}) is one program, one handle beside the others and its lines in {@code
 * Origins}.
 *
 * <p>The testkit's own threads are named {@code testkit-…}, so that they are never taken for a
 * leak. All public types are thread-safe.
 */
@NullMarked
package io.millrace.cdc.testkit;

import org.jspecify.annotations.NullMarked;
