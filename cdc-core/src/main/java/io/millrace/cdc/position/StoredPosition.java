package io.millrace.cdc.position;

import java.time.Instant;
import java.util.Optional;

/**
 * What a store knows about a pipeline.
 *
 * @param position empty where it was removed by hand: a pipeline that ran before has lost it
 * @param epoch the epoch of the log's versions; 0 before the first
 * @param savedAt when it was saved, by the store's clock
 */
public record StoredPosition(Optional<Position> position, long epoch, Instant savedAt) {}
