package io.millrace.cdc.apply;

import io.millrace.cdc.transport.Channel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Goes through the ledger step by step, again and again, so that deleted keys do not stay for ever.
 * Used by the applier's thread.
 */
final class LedgerCleaner {
  private static final Duration SHORTEST_REST = Duration.ofSeconds(1);
  private static final Duration LONGEST_REST = Duration.ofMinutes(10);
  private static final long BUSY_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long IDLE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Steps take no more than this share of the time. */
  private static final long SHARE = 20;

  private static final int LISTED_KEYS = 10_000;

  private final ApplierConfig config;
  private final Counters counters;
  private Optional<EntityKey> from = Optional.empty();
  private long lastNanos = System.nanoTime();
  private long pauseNanos = BUSY_PAUSE_NANOS;

  LedgerCleaner(ApplierConfig config, Counters counters) {
    this.config = config;
    this.counters = counters;
  }

  /**
   * One step, where it is time for it.
   *
   * @param session asked for one only then: an idle session must be seen to be idle
   */
  void step(Supplier<TargetSession> session, Channel channel, boolean idle) {
    Duration retention = config.ledgerRetention().orElse(null);
    long begun = System.nanoTime();
    if (retention == null || begun - lastNanos < pauseNanos) {
      return;
    }
    if (mayHoldUnreadable(session)) {
      lastNanos = System.nanoTime();
      pauseNanos = BUSY_PAUSE_NANOS;
      return;
    }
    LedgerStretch stretch =
        session.get().cleanLedger(channel, from, retention, config.clock().instant());
    counters.purged.addAndGet(stretch.removed());
    from = stretch.next();
    lastNanos = System.nanoTime();
    long share = SHARE * (lastNanos - begun);
    pauseNanos =
        from.isEmpty()
            ? rest(retention).toNanos()
            : Math.max(share, idle ? IDLE_PAUSE_NANOS : BUSY_PAUSE_NANOS);
  }

  /** A record that cannot be read may be of any key, and older than what was deleted since. */
  private boolean mayHoldUnreadable(Supplier<TargetSession> session) {
    if (counters.held.get() == 0) {
      return false;
    }
    List<HeldKey> held = session.get().heldKeys(LISTED_KEYS);
    return held.size() == LISTED_KEYS
        || held.stream().anyMatch(key -> UnreadableRecords.is(key.key()));
  }

  /** Between two rounds: what is a little older than it need be does no harm. */
  private static Duration rest(Duration retention) {
    Duration tenth = retention.dividedBy(10);
    if (tenth.compareTo(SHORTEST_REST) < 0) {
      return SHORTEST_REST;
    }
    return tenth.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : tenth;
  }
}
