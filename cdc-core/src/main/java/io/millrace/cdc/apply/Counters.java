package io.millrace.cdc.apply;

import java.time.Duration;
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
  final AtomicLong purged = new AtomicLong();
  final Pulse pulse;
  private final ApplierConfig config;
  volatile long parkedKeys;
  volatile long lagEvents;
  volatile @Nullable Instant lastChangeAt;
  volatile @Nullable String lastError;

  Counters(ApplierConfig config) {
    this.config = config;
    this.pulse = new Pulse(config);
  }

  ApplierStatus status(ApplierState state) {
    Optional<String> error = Optional.ofNullable(lastError);
    if (error.isEmpty() && lagEvents == 0) { // behind, there may be a sign of it still to come
      error = pulse.oneWay();
    }
    return new ApplierStatus(
        config.name(),
        state,
        state == ApplierState.RUNNING && error.isEmpty() && parkedKeys == 0 && pulse.isRegular(),
        nextOffsets,
        lagEvents,
        lag(),
        applied.get(),
        duplicates.get(),
        ignored.get(),
        conflicts.get(),
        held.get(),
        parkedKeys,
        purged.get(),
        pulse.all(),
        Optional.ofNullable(lastChangeAt),
        error);
  }

  private Optional<Duration> lag() {
    if (lagEvents == 0) {
      return Optional.of(Duration.ZERO);
    }
    Instant last = lastChangeAt;
    return last == null
        ? Optional.empty()
        : Optional.of(Duration.between(last, config.clock().instant()));
  }
}
