/** Microbenchmarks of what the pipeline keeps to itself: only its own package sees it. */
@NullMarked
package io.millrace.cdc.pipeline;

import org.jspecify.annotations.NullMarked;
