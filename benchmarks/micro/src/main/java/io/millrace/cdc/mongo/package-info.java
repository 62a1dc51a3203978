/** Benchmarks of what that package shows nobody. */
@NullMarked
package io.millrace.cdc.mongo;

import org.jspecify.annotations.NullMarked;
