package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.transport.Channel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A connection to a target. Used by one thread.
 *
 * <p>Every method that talks to the server fails with a retryable {@link
 * io.millrace.cdc.error.ApplyException} where it is away.
 */
public interface TargetSession extends AutoCloseable {
  /** What is stored for the channel, by partition; partitions never applied are missing. */
  Map<Integer, StoredOffset> offsets(Channel channel);

  /** Fields of a mapped entity without those of its key, in the order of the mapping. */
  List<String> fields(String entity);

  /**
   * The mapped entities in the order in which their rows are to be written: parents of foreign keys
   * before their children, as far as there is no circle. Rows are deleted in the opposite order.
   */
  List<String> parentsFirst();

  /** What is kept as a list inside a document elsewhere, or here; none by default. */
  default List<Nesting> nestings() {
    return List.of();
  }

  /**
   * Entities whose rows lie in the rows of others, as elements of a list in a document: where that
   * is removed, so are they. None by default.
   */
  default Set<String> parts() {
    return Set.of();
  }

  /** The key of an event as the target stores it. Fails with {@link RejectedException}. */
  Row convertKey(ChangeEvent event);

  /**
   * The mapped fields that a row has, without the key's, as the target stores them (column types,
   * precision). Fails with {@link RejectedException} where a value does not fit or a whole row
   * lacks a mapped field.
   */
  Row convert(String entity, Row values);

  /**
   * Whether a field that was written holds what {@link #convert} gave, for sure: no rounding, no
   * padding, no trigger makes anything else of it. Then nobody looks what became of it. By default
   * somebody does.
   */
  default boolean storesAsConverted(String entity) {
    return false;
  }

  /** Begins a transaction; one at a time. */
  TargetTransaction begin();

  /** All keys with waiting events, parked ones included, oldest first, at most {@code limit}. */
  List<HeldKey> heldKeys(int limit);

  /** Keys that are not parked, least tried first, at most {@code limit}. */
  List<HeldKey> retryableKeys(int limit);

  /** How much waits. */
  HeldCount heldCount();

  /**
   * Looks through a stretch of the ledger and removes the rows of deleted keys for which neither
   * the channel nor a held event nor a pipeline can bring anything older, in a transaction of its
   * own. By default nothing is removed.
   *
   * @param from where the step before ended; empty at the beginning
   * @param retention how long rows are kept at least
   * @param now the applier's time
   */
  default LedgerStretch cleanLedger(
      Channel channel, Optional<EntityKey> from, Duration retention, Instant now) {
    return LedgerStretch.end();
  }

  /** Whether the connection still works; false means that a new session is needed. */
  boolean usable();

  /** Rolls back what is open and frees the connection; idempotent. */
  @Override
  void close();
}
