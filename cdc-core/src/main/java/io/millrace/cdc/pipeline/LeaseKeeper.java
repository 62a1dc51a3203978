package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.PositionStore;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the pipeline's lease and renews it in time. Used by the capture thread.
 *
 * <p>The end of a lease is counted from before it was asked for, on this machine's monotonic clock:
 * early rather than late. The token makes it safe anyway; the count only saves duplicates.
 */
final class LeaseKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private final PositionStore store;
  private final StatusBoard board;
  private @Nullable Lease lease;
  private long askedAtNanos;
  private long nextTryNanos;

  LeaseKeeper(PipelineSettings settings, StatusBoard board) {
    this.settings = settings;
    this.store = settings.positions();
    this.board = board;
  }

  /** Whether the lease is held now; asks for it where it is not. */
  boolean acquire() {
    if (lease != null && !ended(System.nanoTime())) {
      return true;
    }
    lease = null;
    long asked = System.nanoTime();
    Optional<Lease> got =
        store.acquire(settings.name(), settings.owner(), settings.leaseDuration());
    got.ifPresent(acquired -> hold(acquired, asked));
    return got.isPresent();
  }

  boolean held() {
    return lease != null;
  }

  Lease lease() {
    if (lease == null) {
      throw Invariant.broken("pipeline '%s' acts without its lease", settings.name());
    }
    return lease;
  }

  /**
   * Renews where a third of the time has passed. A store that is away is asked again until the
   * lease has ended; then the failure is thrown.
   */
  void renewWhenDue() {
    long now = System.nanoTime();
    if (now - nextTryNanos < 0) {
      return;
    }
    try {
      hold(store.renew(lease(), settings.leaseDuration()), now);
    } catch (FencedException e) {
      lease = null;
      throw e;
    } catch (PositionException e) {
      if (!e.retryable() || ended(System.nanoTime())) {
        lease = null;
        throw e;
      }
      nextTryNanos = System.nanoTime() + settings.leaseDuration().toNanos() / 10;
      board.error(e);
      LOG.warn("Pipeline '{}' could not renew its lease yet", settings.name(), e);
    }
  }

  /** The store said that somebody else holds it. */
  void lost() {
    lease = null;
  }

  /** Gives the lease back, where it is held; failures are logged only, since it ends by itself. */
  void release() {
    Lease held = lease;
    lease = null;
    if (held == null) {
      return;
    }
    try {
      store.release(held);
    } catch (RuntimeException e) {
      LOG.warn("Pipeline '{}' could not give its lease back", settings.name(), e);
    }
  }

  private void hold(Lease acquired, long asked) {
    lease = acquired;
    askedAtNanos = asked;
    nextTryNanos = asked + settings.leaseDuration().toNanos() / 3;
  }

  private boolean ended(long now) {
    return now - askedAtNanos >= settings.leaseDuration().toNanos();
  }
}
