package io.millrace.cdc.position;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Keeps positions and leases durably. Used by one pipeline's threads, one call at a time.
 *
 * <p>All methods fail with {@link io.millrace.cdc.error.PositionException}, retryable where the
 * store is away; {@link #save} and {@link #renew} with {@link
 * io.millrace.cdc.error.FencedException} where the lease's token is not the newest any more.
 */
public interface PositionStore extends AutoCloseable {
  /** Where positions are kept, for messages; no secrets. */
  String describe();

  /**
   * Takes the pipeline's lease when it is free or has ended.
   *
   * @param duration how long it holds without {@link #renew}
   * @return empty while somebody else holds it
   */
  Optional<Lease> acquire(String pipeline, String owner, Duration duration);

  /** The lease with a later end. */
  Lease renew(Lease lease, Duration duration);

  /**
   * Gives the lease back, so that a standby need not wait; does nothing where it was lost already.
   */
  void release(Lease lease);

  /**
   * What is stored for the lease's pipeline; empty where it never saved anything, so that this is
   * its first start.
   */
  Optional<StoredPosition> load(Lease lease);

  /** Replaces position and epoch durably before it returns. */
  void save(Lease lease, Optional<Position> position, long epoch);

  /**
   * As {@link #save}, to where a pipeline goes on behind a gap, and keeps the gap for good, in one
   * step. A store that can keep none, which is the default, only saves.
   */
  default void saveAfter(Lease lease, AcceptedGap gap) {
    save(lease, Optional.of(gap.to()), gap.epoch());
  }

  /** The gaps of the lease's pipeline that were ever accepted, oldest first. */
  default List<AcceptedGap> gaps(Lease lease) {
    return List.of();
  }

  /**
   * Where events are kept that cannot be published; empty, the default, where this store cannot
   * keep any: then a pipeline has to stop at the first.
   */
  default Optional<UnpublishedEvents> unpublished() {
    return Optional.empty();
  }

  /** Frees what the store holds; idempotent. */
  @Override
  void close();
}
