package io.millrace.cdc.source;

import io.millrace.cdc.position.Position;
import java.util.Optional;

/**
 * Where a reader starts.
 *
 * @param pipeline name of the pipeline, under which the reader registers at the source where that
 *     is possible
 * @param position the saved position; empty on a first start or where a gap was accepted
 * @param epoch the saved epoch; 0 where none was saved
 * @param firstStart where to start without a position
 */
public record ReaderStart(
    String pipeline, Optional<Position> position, long epoch, FirstStart firstStart) {}
