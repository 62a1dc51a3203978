/**
 * The in-memory form of the contract: immutable values that every other package speaks in.
 *
 * <p>Entry point: {@link io.millrace.cdc.event.ChangeEvent}. A change event carries {@link
 * io.millrace.cdc.event.Row}s of {@link io.millrace.cdc.event.Value}s, a {@link
 * io.millrace.cdc.event.Version} that orders it within its log, and an id made by {@link
 * io.millrace.cdc.event.CanonicalId}. Everything here is immutable and safe to share between
 * threads.
 *
 * <p>What does not belong here: wire forms (package {@code codec}), databases, transports.
 */
@NullMarked
package io.millrace.cdc.event;

import org.jspecify.annotations.NullMarked;
