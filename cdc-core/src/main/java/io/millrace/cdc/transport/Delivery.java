package io.millrace.cdc.transport;

import io.millrace.cdc.codec.Encoded;

/**
 * An event with its transport coordinates.
 *
 * @param partition partition of the channel, from 0
 * @param offset place in the partition; rises, may have gaps
 * @param routingKey what it was ordered by
 * @param event the bytes
 */
public record Delivery(int partition, long offset, String routingKey, Encoded event) {}
