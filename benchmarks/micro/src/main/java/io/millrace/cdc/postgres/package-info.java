/** Benchmarks of what that package shows nobody. */
@NullMarked
package io.millrace.cdc.postgres;

import org.jspecify.annotations.NullMarked;
