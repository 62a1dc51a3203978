/**
 * The library as a contender, through its public API. {@link io.millrace.benchmarks.millrace.Main}
 * starts what the harness asks for.
 */
@NullMarked
package io.millrace.benchmarks.millrace;

import org.jspecify.annotations.NullMarked;
