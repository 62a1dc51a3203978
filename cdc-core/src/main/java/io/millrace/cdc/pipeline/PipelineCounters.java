package io.millrace.cdc.pipeline;

/**
 * What a pipeline did since it was started. Changes that are read again after a retry count again.
 *
 * @param captured events that the reader gave
 * @param echoes changes that the reader left out because an applier had made them
 * @param filtered events that the filter left out
 * @param published events handed to the transport
 * @param acknowledged events that the transport has stored
 * @param saves positions saved
 * @param retries how often a failure was tried again
 */
public record PipelineCounters(
    long captured,
    long echoes,
    long filtered,
    long published,
    long acknowledged,
    long saves,
    long retries) {}
