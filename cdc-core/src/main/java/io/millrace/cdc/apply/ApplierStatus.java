package io.millrace.cdc.apply;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * An applier at one moment.
 *
 * @param state where it is in its life
 * @param nextOffsets first offset not applied yet, by assigned partition
 * @param lagEvents events in the channel that are not applied yet, as far as known
 * @param applied events applied since the start
 * @param duplicates events dropped since the start because the ledger knew them or something later
 * @param ignored events skipped on purpose since the start
 * @param conflicts foreign writes of shared entities that met an own write still on its way, since
 *     the start
 * @param held events that wait in the target now, parked ones included
 * @param parkedKeys keys that wait for a person now
 * @param lastChangeAt when the change applied last was made at its source
 * @param lastError what went wrong last; empty after it went well again
 */
public record ApplierStatus(
    ApplierState state,
    Map<Integer, Long> nextOffsets,
    long lagEvents,
    long applied,
    long duplicates,
    long ignored,
    long conflicts,
    long held,
    long parkedKeys,
    Optional<Instant> lastChangeAt,
    Optional<String> lastError) {
  /** Copies the offsets. */
  public ApplierStatus {
    nextOffsets = Map.copyOf(nextOffsets);
  }

  /** Running, and nothing is parked. */
  public boolean healthy() {
    return state == ApplierState.RUNNING && lastError.isEmpty() && parkedKeys == 0;
  }
}
