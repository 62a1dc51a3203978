package io.millrace.cdc.position;

import java.time.Instant;

/**
 * The right to run a pipeline, until it ends or is renewed.
 *
 * @param pipeline name of the pipeline
 * @param owner who holds it: host, process and instance, for people
 * @param token rises with every new holder; a save with an older token is refused
 * @param until when it ends, by the store's clock
 */
public record Lease(String pipeline, String owner, long token, Instant until) {}
