package io.millrace.cdc.transport;

/**
 * The identity of an ordered topic.
 *
 * @param transport kind of transport, e.g. {@code kafka}
 * @param name the topic's name
 * @param incarnation the topic's own id, which another topic of the same name does not share
 * @param partitions number of partitions
 */
public record Channel(String transport, String name, String incarnation, int partitions) {}
