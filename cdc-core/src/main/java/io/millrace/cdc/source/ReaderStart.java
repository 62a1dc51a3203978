package io.millrace.cdc.source;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.position.Position;
import java.util.Optional;

/**
 * Where a reader starts.
 *
 * <p>Without a position, a source that finds a trace of an earlier run of this pipeline (a
 * registration) fails with {@link io.millrace.cdc.error.LostPositionException}: losing a position
 * is not a first start. Where {@code gapAccepted} is set it starts nevertheless, with an epoch of
 * max({@code epoch} + 1, the clock).
 *
 * @param pipeline name of the pipeline, under which the reader registers at the source where that
 *     is possible
 * @param position the saved position; empty on a first start or where a gap was accepted
 * @param epoch the saved epoch; 0 where none was saved
 * @param firstStart where to start without a position
 * @param gapAccepted the position was lost, and somebody chose to go on without what lies between
 */
public record ReaderStart(
    String pipeline,
    Optional<Position> position,
    long epoch,
    FirstStart firstStart,
    boolean gapAccepted) {

  /** Checks that the parts fit together. */
  public ReaderStart {
    Check.notBlank(pipeline, "pipeline");
    Check.argument(
        !gapAccepted || position.isEmpty(),
        "a start that accepts a gap has no position, got '%s'",
        position);
  }

  /** A start in the ordinary way: first, or from a saved position. */
  public ReaderStart(
      String pipeline, Optional<Position> position, long epoch, FirstStart firstStart) {
    this(pipeline, position, epoch, firstStart, false);
  }
}
