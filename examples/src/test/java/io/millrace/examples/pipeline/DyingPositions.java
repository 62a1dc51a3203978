package io.millrace.examples.pipeline;

import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.position.StoredPosition;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedEvents;
import io.millrace.cdc.position.UnpublishedKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A position store whose process dies when held events are stored: before the store hears of them,
 * or when it has them and the answer is lost. From then on it does nothing at all, not even give
 * back its lease.
 */
final class DyingPositions implements PositionStore {
  /** When it dies. */
  enum Moment {
    BEFORE,
    AFTER
  }

  private final PositionStore store;
  private final Moment moment;
  private volatile boolean dead;

  DyingPositions(PositionStore store, Moment moment) {
    this.store = store;
    this.moment = moment;
  }

  boolean isDead() {
    return dead;
  }

  private PositionStore alive() {
    if (dead) {
      throw new PositionException("This process is dead.", null, true);
    }
    return store;
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public Optional<Lease> acquire(String pipeline, String owner, Duration duration) {
    return alive().acquire(pipeline, owner, duration);
  }

  @Override
  public Lease renew(Lease lease, Duration duration) {
    return alive().renew(lease, duration);
  }

  @Override
  public void release(Lease lease) {
    alive().release(lease);
  }

  @Override
  public Optional<StoredPosition> load(Lease lease) {
    return alive().load(lease);
  }

  @Override
  public void save(Lease lease, Optional<Position> position, long epoch) {
    alive().save(lease, position, epoch);
  }

  @Override
  public void saveAfter(Lease lease, AcceptedGap gap) {
    alive().saveAfter(lease, gap);
  }

  @Override
  public List<AcceptedGap> gaps(Lease lease) {
    return alive().gaps(lease);
  }

  @Override
  public Optional<UnpublishedEvents> unpublished() {
    return store.unpublished().map(Dying::new);
  }

  @Override
  public void close() {
    store.close();
  }

  private final class Dying implements UnpublishedEvents {
    private final UnpublishedEvents events;

    Dying(UnpublishedEvents events) {
      this.events = events;
    }

    @Override
    public void save(
        Lease lease, Optional<Position> position, long epoch, List<UnpublishedEvent> held) {
      alive();
      if (moment == Moment.AFTER) {
        events.save(lease, position, epoch, held);
      }
      dead = true;
      alive();
    }

    @Override
    public List<UnpublishedKey> keys(Lease lease) {
      alive();
      return events.keys(lease);
    }

    @Override
    public Optional<Waiting> next(Lease lease, String routingKey, long after) {
      alive();
      return events.next(lease, routingKey, after);
    }

    @Override
    public void release(Lease lease, String routingKey, long upTo) {
      alive();
      events.release(lease, routingKey, upTo);
    }
  }
}
