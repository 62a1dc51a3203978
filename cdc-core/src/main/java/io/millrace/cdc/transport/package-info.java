/**
 * What a transport must offer to carry events.
 *
 * <p>Entry points for implementers: {@link io.millrace.cdc.transport.Publisher} and {@link
 * io.millrace.cdc.transport.Subscriber}, with the contract tests of cdc-testkit. A channel is an
 * ordered topic of one or more partitions: events of one routing key stand in one partition, in the
 * order in which they were published, each at least once.
 */
@NullMarked
package io.millrace.cdc.transport;

import org.jspecify.annotations.NullMarked;
