/** Benchmarks of what that package shows nobody. */
@NullMarked
package io.millrace.cdc.mysql;

import org.jspecify.annotations.NullMarked;
