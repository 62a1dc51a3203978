package io.millrace.cdc.apply;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

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
  private final String applier;
  private final String service;
  private final String from;
  private volatile boolean ownHeard;
  private volatile @Nullable String shared; // the first shared entity that another site changed
  private volatile Instant sharedAt = Instant.MAX;
  private volatile Instant startedAt;
  private volatile long roundNanos = System.nanoTime();

  Pulse(ApplierConfig config) {
    this.clock = config.clock();
    this.limit = config.healthLimit();
    this.expected = config.expectedServices();
    this.applier = config.name();
    this.service = config.service();
    this.from = config.subscriber().describe();
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

  /**
   * An event or heartbeat of a service came; of another site's change of a shared entity, which.
   */
  void came(String source, @Nullable String sharedEntity) {
    if (source.equals(service)) {
      ownHeard = true;
    } else if (sharedEntity != null && shared == null) {
      sharedAt = clock.instant();
      shared = sharedEntity;
    }
  }

  /**
   * What is to be said where others' changes of a shared entity come and never a sign of the own
   * pipeline: each direction has a topic of its own, or that pipeline does not run.
   */
  Optional<String> oneWay() {
    String entity = shared;
    if (ownHeard || entity == null || sharedAt.isAfter(clock.instant().minus(limit))) {
      return Optional.empty();
    }
    return Optional.of(
        "Applier '%s' writes entity '%s' in shared mode, but of its own service '%s' neither an event nor a heartbeat came from %s since other sites' changes did. All sites of a shared entity use one channel, and each reads its own events too: with one topic per direction they end unequal. Let the pipeline of '%s' publish to this one, and start it if it does not run."
            .formatted(applier, entity, service, from, service));
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
