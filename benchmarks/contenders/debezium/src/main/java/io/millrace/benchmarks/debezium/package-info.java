/**
 * Debezium's embedded engine as a contender. {@link io.millrace.benchmarks.debezium.Main} starts
 * what the harness asks for.
 */
@NullMarked
package io.millrace.benchmarks.debezium;

import org.jspecify.annotations.NullMarked;
