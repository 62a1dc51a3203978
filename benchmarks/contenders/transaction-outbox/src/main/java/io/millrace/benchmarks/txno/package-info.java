/** transaction-outbox as a contender. {@link io.millrace.benchmarks.txno.Main} starts it. */
@NullMarked
package io.millrace.benchmarks.txno;

import org.jspecify.annotations.NullMarked;
