package io.millrace.cdc.position;

import java.util.List;
import java.util.Optional;

/**
 * Keeps the events that a pipeline holds because they cannot be published, next to its position.
 * Used as its {@link PositionStore} is, and failing as it does: every method with {@link
 * io.millrace.cdc.error.FencedException} where the lease's token is not the newest any more.
 */
public interface UnpublishedEvents {
  /**
   * Keeps events behind all that wait already, and saves the position that passes them: both or
   * nothing, or first the events. A crash may leave events whose position was not saved; they are
   * read, and kept, a second time then.
   */
  void save(Lease lease, Optional<Position> position, long epoch, List<UnpublishedEvent> events);

  /** Every key with waiting events, the one that began to wait first in front. */
  List<UnpublishedKey> keys(Lease lease);

  /**
   * The first waiting event of a key that comes after a place.
   *
   * @param after the place of the one before; 0 for the first
   */
  Optional<Waiting> next(Lease lease, String routingKey, long after);

  /** Forgets a key's events up to and including a place: they were published, or discarded. */
  void release(Lease lease, String routingKey, long upTo);

  /**
   * A waiting event.
   *
   * @param place rises with every event that was kept; from 1
   * @param event the event
   */
  record Waiting(long place, UnpublishedEvent event) {}
}
