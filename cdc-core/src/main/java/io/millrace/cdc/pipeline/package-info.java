/**
 * From a source to a transport: reads, filters, publishes, and remembers how far that is
 * acknowledged.
 *
 * <p>Entry point: {@link io.millrace.cdc.pipeline.Pipeline}.
 *
 * <p><b>Threads.</b> A pipeline has one thread of its own, {@code millrace-<pipeline>-capture},
 * started by {@link io.millrace.cdc.pipeline.Pipeline#start()}. It alone uses the reader, the
 * position store and {@code Publisher.publish}, and it owns the state of the loop, which is
 * therefore not guarded. Three things are shared with others:
 *
 * <ul>
 *   <li>{@code AckLedger}: acknowledgements arrive on the transport's threads; counters are atomic,
 *       everything else in it belongs to the capture thread.
 *   <li>{@code StatusBoard}: written by the capture thread, read by whoever calls {@code status()};
 *       guarded by itself.
 *   <li>{@code StopSignal}: set by whoever closes, awaited by the capture thread.
 * </ul>
 *
 * <p>User code (filter, transform, routing, codec, listener) is called on the capture thread,
 * except where a listener's method says otherwise.
 *
 * <p><b>Order of durable steps.</b> Preflight, then the lease, then preflight again where the lease
 * was waited for, then the reader is opened; a first start position or a risen epoch is saved
 * before the first event is published; a position is saved only after every event up to it was
 * acknowledged, or is held and stored with it; the reader is told after that. {@code start()} waits
 * for the first attempt, through {@code Outcome}, for a bounded time.
 *
 * <p>What does not belong here: how a database is read, how a broker is reached, how events are
 * applied.
 */
@NullMarked
package io.millrace.cdc.pipeline;

import org.jspecify.annotations.NullMarked;
