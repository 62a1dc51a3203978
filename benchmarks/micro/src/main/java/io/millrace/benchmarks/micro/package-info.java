/**
 * Microbenchmarks; {@code benchmarks/micro/run} runs them. Alone on its class path with the
 * library.
 */
@NullMarked
package io.millrace.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
