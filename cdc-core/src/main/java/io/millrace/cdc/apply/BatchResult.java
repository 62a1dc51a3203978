package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * What one committed transaction did. Filled while it is decided, told to others only after the
 * commit.
 */
final class BatchResult {
  final List<ChangeEvent> applied = new ArrayList<>();
  final List<Conflict> conflicts = new ArrayList<>();
  final List<Held> held = new ArrayList<>();
  long duplicates;
  long ignored;

  /** Whether one of the two events of a key change waits for the other. */
  boolean halves;

  /** What waits still does so because another row has a value that must be unique. */
  boolean clash;

  /** Adds what a part of the transaction did. */
  void add(BatchResult part) {
    applied.addAll(part.applied);
    conflicts.addAll(part.conflicts);
    held.addAll(part.held);
    duplicates += part.duplicates;
    ignored += part.ignored;
    halves |= part.halves;
  }

  /** An event that waits now, and why. */
  record Held(ChangeEvent event, String error, boolean first) {}
}
