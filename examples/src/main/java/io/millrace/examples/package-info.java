/**
 * Runnable examples; see the README. {@code QuickStart} is the README's own code, kept compiling.
 */
@NullMarked
package io.millrace.examples;

import org.jspecify.annotations.NullMarked;
