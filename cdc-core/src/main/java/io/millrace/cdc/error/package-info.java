/**
 * What can go wrong, one type per stage, and what preflight found.
 *
 * <p>Entry point: {@link io.millrace.cdc.error.MillraceException}, the sealed root of everything
 * this library throws on purpose. A caller's mistake is an {@link IllegalArgumentException} or
 * {@link IllegalStateException} instead, and a mistake of ours an {@link AssertionError} from
 * {@code internal.Invariant}.
 */
@NullMarked
package io.millrace.cdc.error;

import org.jspecify.annotations.NullMarked;
