package io.millrace.cdc.apply;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Signs of life: heartbeats that came the whole way, and rounds of the applier's thread. Written by
 * that thread, read by any.
 */
final class Pulse {
  /** One pipeline's heartbeats through one partition. */
  private record Way(String log, String pipeline, int partition) {}

  private final Clock clock;
  private final Duration limit;
  private final Set<String> expected;
  private final Map<Way, SeenHeartbeat> seen = new ConcurrentHashMap<>();
  private volatile Instant startedAt;
  private volatile long roundNanos = System.nanoTime();

  Pulse(ApplierConfig config) {
    this.clock = config.clock();
    this.limit = config.healthLimit();
    this.expected = config.expectedServices();
    this.startedAt = clock.instant();
  }

  void started() {
    startedAt = clock.instant();
    round();
  }

  /** The applier's thread came round once more. */
  void round() {
    roundNanos = System.nanoTime();
  }

  void heard(Collection<SeenHeartbeat> heartbeats) {
    heartbeats.forEach(h -> seen.put(new Way(h.log(), h.heartbeat().pipeline(), h.partition()), h));
  }

  /** What comes through these partitions is somebody else's to see. */
  void revoked(Set<Integer> partitions) {
    seen.keySet().removeIf(way -> partitions.contains(way.partition()));
  }

  List<SeenHeartbeat> all() {
    return seen.values().stream()
        .sorted(Comparator.comparing(SeenHeartbeat::log).thenComparing(SeenHeartbeat::partition))
        .toList();
  }

  /** Whether the thread works and every heartbeat that may be expected came in time. */
  boolean isRegular() {
    if (System.nanoTime() - roundNanos >= limit.toNanos()) {
      return false;
    }
    Instant oldest = clock.instant().minus(limit);
    for (SeenHeartbeat heartbeat : seen.values()) {
      if (!heartbeat.sign().isAfter(oldest)) {
        return false;
      }
    }
    return startedAt.isAfter(oldest)
        || seen.values().stream().map(SeenHeartbeat::service).toList().containsAll(expected);
  }
}
