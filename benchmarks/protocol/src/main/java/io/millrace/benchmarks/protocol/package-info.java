/**
 * What the harness and a contender say to each other: a {@link io.millrace.benchmarks.protocol.Job}
 * as program arguments, commands on standard input, and on standard output one line for each, the
 * last of them a {@link io.millrace.benchmarks.protocol.Reading} as JSON. Stands on the class path
 * of every contender, so it needs the JDK alone. A contender works on one thread unless it says
 * otherwise.
 */
@NullMarked
package io.millrace.benchmarks.protocol;

import org.jspecify.annotations.NullMarked;
