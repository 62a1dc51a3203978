package io.millrace.cdc.apply;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the status shows. Written by the applier's thread, read by any. */
final class Counters {
  final AtomicLong applied = new AtomicLong();
  final AtomicLong duplicates = new AtomicLong();
  final AtomicLong ignored = new AtomicLong();
  final AtomicLong conflicts = new AtomicLong();
  final Map<Integer, Long> nextOffsets = new ConcurrentHashMap<>();
  final AtomicLong held = new AtomicLong();
  volatile long parkedKeys;
  volatile long lagEvents;
  volatile @Nullable Instant lastChangeAt;
  volatile @Nullable String lastError;

  ApplierStatus status(ApplierState state) {
    return new ApplierStatus(
        state,
        nextOffsets,
        lagEvents,
        applied.get(),
        duplicates.get(),
        ignored.get(),
        conflicts.get(),
        held.get(),
        parkedKeys,
        Optional.ofNullable(lastChangeAt),
        Optional.ofNullable(lastError));
  }
}
