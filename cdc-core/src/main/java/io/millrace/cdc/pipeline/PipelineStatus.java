package io.millrace.cdc.pipeline;

import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A pipeline at one moment.
 *
 * @param pipeline its name
 * @param state where it is in its life
 * @param since when it came to that state
 * @param healthy a heartbeat went through database, reader and transport within the pipeline's
 *     limit (where the source has none: progress was seen), or it stands by for another instance
 * @param position the last position that was saved; empty before
 * @param log name of the log that is read; empty before the first connection
 * @param epoch the epoch of the versions; 0 before the first connection
 * @param lag age of the oldest change not read yet; zero when all is read; empty where not known
 * @param lastChangeAt when the last change read was made
 * @param headroom how long the log keeps what is not read yet; empty where not known
 * @param heartbeatAt when the newest heartbeat was written up to which everything is acknowledged;
 *     empty before the first
 * @param inFlightEvents published and not acknowledged
 * @param inFlightBytes their size
 * @param heldEvents events that wait because they, or an earlier one of their routing key, cannot
 *     be published
 * @param heldKeys their routing keys; a pipeline that holds any is not healthy, since somebody has
 *     to look
 * @param acceptedGaps what consumers were never sent because the position was lost and the gap
 *     accepted, since ever, oldest first; as far as the position store keeps it
 * @param counters what was done since the start
 * @param lastError the last failure, also where it has passed
 * @param lastErrorAt when that was
 */
public record PipelineStatus(
    String pipeline,
    PipelineState state,
    Instant since,
    boolean healthy,
    Optional<Position> position,
    String log,
    long epoch,
    Optional<Duration> lag,
    Optional<Instant> lastChangeAt,
    Optional<Duration> headroom,
    Optional<Instant> heartbeatAt,
    long inFlightEvents,
    long inFlightBytes,
    long heldEvents,
    long heldKeys,
    List<AcceptedGap> acceptedGaps,
    PipelineCounters counters,
    Optional<String> lastError,
    Optional<Instant> lastErrorAt) {

  /** One line with everything that is known. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("pipeline '").append(pipeline).append("' ").append(state).append(" since ");
    text.append(since).append(healthy ? "" : " UNHEALTHY");
    if (!log.isEmpty()) {
      text.append(", log ").append(log).append(" epoch ").append(epoch);
    }
    position.ifPresent(p -> text.append(", saved at ").append(p));
    lag.ifPresent(l -> text.append(", lag ").append(l.toMillis()).append(" ms"));
    headroom.ifPresent(h -> text.append(", headroom ").append(h));
    heartbeatAt.ifPresent(at -> text.append(", heartbeat of ").append(at));
    text.append(", in flight ").append(inFlightEvents).append(" events ");
    text.append(inFlightBytes).append(" bytes, ");
    if (heldEvents > 0) {
      text.append("HELD ").append(heldEvents).append(" events of ").append(heldKeys);
      text.append(" keys, ");
    }
    if (!acceptedGaps.isEmpty()) {
      text.append(acceptedGaps.size()).append(" gaps accepted, the last at ");
      text.append(acceptedGaps.get(acceptedGaps.size() - 1).acceptedAt()).append(", ");
    }
    text.append(counters);
    lastError.ifPresent(
        e ->
            text.append(", last error at ")
                .append(lastErrorAt.orElse(since))
                .append(": ")
                .append(e));
    return text.toString();
  }
}
