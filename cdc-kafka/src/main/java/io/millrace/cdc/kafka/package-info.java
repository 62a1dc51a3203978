/**
 * Kafka as a transport.
 *
 * <p>Entry point: {@link io.millrace.cdc.kafka.KafkaTransport}. A publisher's acknowledgements come
 * on the Kafka producer's own thread; a subscription is used by the thread that polls it. Offsets
 * live in the target, so the consumer never resets one by itself: {@code auto.offset.reset} is
 * {@code none}, and what is committed to Kafka is for lag displays only.
 */
@NullMarked
package io.millrace.cdc.kafka;

import org.jspecify.annotations.NullMarked;
