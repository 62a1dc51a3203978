/**
 * A transport within one process: for tests, for a target in the same application, for trying
 * things out.
 *
 * <p>Entry point: {@link io.millrace.cdc.transport.inprocess.InProcessTransport}. Everything is
 * kept in memory and is gone with the process: a position saved after such an acknowledgement does
 * not mean that anybody applied the event. One lock guards a channel with all its partitions and
 * groups; callbacks and listeners are called outside it.
 */
@NullMarked
package io.millrace.cdc.transport.inprocess;

import org.jspecify.annotations.NullMarked;
