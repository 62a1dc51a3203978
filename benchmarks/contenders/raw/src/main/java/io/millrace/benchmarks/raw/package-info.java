/**
 * The physical limits: what the binlog connector, JDBC, the drivers and Kafka's client give when
 * nothing is done with it. {@link io.millrace.benchmarks.raw.Main} starts one of them.
 */
@NullMarked
package io.millrace.benchmarks.raw;

import org.jspecify.annotations.NullMarked;
