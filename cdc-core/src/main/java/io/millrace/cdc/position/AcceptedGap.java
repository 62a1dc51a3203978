package io.millrace.cdc.position;

import io.millrace.cdc.internal.Check;
import java.time.Instant;
import java.util.Optional;

/**
 * Changes that no consumer was sent, because a position was lost and somebody chose to go on.
 *
 * @param acceptedAt when the pipeline went on, by its clock, in milliseconds
 * @param reason what was found, one line
 * @param from the position that was lost; empty where none was stored any more
 * @param to where reading went on; what lies between was not read
 * @param epoch the epoch of what was read from there on
 */
public record AcceptedGap(
    Instant acceptedAt, String reason, Optional<Position> from, Position to, long epoch) {
  /** Makes one line of the reason. */
  public AcceptedGap {
    Check.notNull(acceptedAt, "acceptedAt");
    acceptedAt = Instant.ofEpochMilli(acceptedAt.toEpochMilli());
    reason = reason.replaceAll("[\\r\\n\\x00]+", " ");
  }

  @Override
  public String toString() {
    return "gap accepted at %s from %s to %s, epoch %s: %s"
        .formatted(
            acceptedAt,
            from.map(Position::toString).orElse("an unknown position"),
            to,
            epoch,
            reason);
  }
}
