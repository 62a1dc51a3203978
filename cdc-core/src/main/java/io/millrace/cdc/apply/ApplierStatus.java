package io.millrace.cdc.apply;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An applier at one moment.
 *
 * @param applier its name
 * @param state where it is in its life
 * @param healthy it is running without an error, nothing is parked, its thread came round within
 *     the applier's limit, and so did a heartbeat of every pipeline it has heard of since its start
 *     and of every service it was told to expect
 * @param nextOffsets first offset not applied yet, by assigned partition
 * @param lagEvents events in the channel that are not applied yet, heartbeats counted, as far as
 *     known
 * @param lag zero when nothing is left to apply, else the age of the change applied last; empty
 *     where that is not known
 * @param applied events applied since the start
 * @param duplicates events dropped since the start because the ledger knew them or something later
 * @param ignored events skipped on purpose since the start
 * @param conflicts foreign writes of shared entities that met an own write still on its way, since
 *     the start
 * @param held events that wait in the target now, parked ones included
 * @param parkedKeys keys that wait for a person now
 * @param purged rows that the clean-up took out of the ledger since the start
 * @param heartbeats the newest of every pipeline, for every assigned partition it came through
 * @param lastChangeAt when the change applied last was made at its source
 * @param lastError what went wrong last; empty after it went well again
 */
public record ApplierStatus(
    String applier,
    ApplierState state,
    boolean healthy,
    Map<Integer, Long> nextOffsets,
    long lagEvents,
    Optional<Duration> lag,
    long applied,
    long duplicates,
    long ignored,
    long conflicts,
    long held,
    long parkedKeys,
    long purged,
    List<SeenHeartbeat> heartbeats,
    Optional<Instant> lastChangeAt,
    Optional<String> lastError) {
  /** Copies the offsets and heartbeats. */
  public ApplierStatus {
    nextOffsets = Map.copyOf(nextOffsets);
    heartbeats = List.copyOf(heartbeats);
  }

  /** One line with everything that is known. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("applier '").append(applier).append("' ").append(state);
    text.append(healthy ? "" : " UNHEALTHY").append(", next offsets ").append(nextOffsets);
    text.append(", lag ").append(lagEvents).append(" events");
    lag.ifPresent(l -> text.append(' ').append(l.toMillis()).append(" ms"));
    text.append(", applied ").append(applied).append(", duplicates ").append(duplicates);
    text.append(", ignored ").append(ignored).append(", conflicts ").append(conflicts);
    text.append(", held ").append(held).append(", parked keys ").append(parkedKeys);
    text.append(", purged ").append(purged);
    for (SeenHeartbeat seen : heartbeats) {
      text.append(", heartbeat of ").append(seen.heartbeat().pipeline()).append(" in partition ");
      text.append(seen.partition()).append(' ').append(seen.heartbeat().writtenAt());
    }
    lastChangeAt.ifPresent(at -> text.append(", last change of ").append(at));
    lastError.ifPresent(error -> text.append(", last error: ").append(error));
    return text.toString();
  }
}
