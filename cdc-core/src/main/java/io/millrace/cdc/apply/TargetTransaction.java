package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.transport.Channel;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One transaction of a target, READ COMMITTED or stricter. Used by one thread; closing without
 * {@link #commit()} rolls back.
 *
 * <p>Statements fail with {@link RejectedException} where the data is refused and with a retryable
 * {@link io.millrace.cdc.error.ApplyException} for everything else.
 */
public interface TargetTransaction extends AutoCloseable {
  /**
   * Moves offsets by compare-and-set, which also locks them; called first, so that a paused former
   * owner of a partition waits and then fails with {@link io.millrace.cdc.error.FencedException}.
   */
  void advance(Channel channel, Collection<OffsetStep> steps);

  /**
   * Notes what heartbeats say that came through the channel, for the clean-up of the ledger; the
   * last of a log and partition counts. By default nothing is noted, and nothing cleaned up.
   */
  default void heard(Channel channel, Collection<SeenHeartbeat> heartbeats) {}

  /** Log and epoch under which the target database is captured; empty where it is not. */
  Optional<OwnLog> ownLog();

  /** Ledger rows of the keys, of all logs. */
  List<LedgerEntry> ledger(Collection<EntityKey> keys);

  /**
   * Asked in place of {@link #ledger} for keys of which one event each is written, if any: whether
   * a write whose version the ledger knows, or a later one of the same log, of the key or of its
   * entity as a whole, is refused with {@link RestartException} by this transaction, by {@link
   * #commit} at the latest. By default it is not, and the ledger has to be read.
   */
  default boolean guard(Collection<EntityKey> keys) {
    return false;
  }

  /** Which of the keys have waiting events. */
  Set<EntityKey> held(Collection<EntityKey> keys);

  /**
   * Current rows by key, locked until the end of the transaction; missing rows are missing. Values
   * are as {@link TargetSession#convert} gives them.
   */
  Map<EntityKey, Row> lock(String entity, Map<EntityKey, Row> keyValues);

  /** Current rows by key, as this transaction sees them. */
  Map<EntityKey, Row> read(String entity, Map<EntityKey, Row> keyValues);

  /**
   * The children that the target holds of some parents.
   *
   * @param parents keys of the parents, as the events have them
   * @return per child a row with at least its own key and its parent's, by field
   */
  default List<Row> children(Nesting nesting, Collection<Row> parents) {
    throw new UnsupportedOperationException("this target has no nestings");
  }

  /**
   * Fold rows of the children of some parents, whether the children are there or not, where the
   * target keeps them so that the parent's own event alone says that one was removed: as elements
   * of a list in its document. By default there are none: the removal of a row has an event of its
   * own.
   *
   * @param parents ids of the parents
   * @return by the parent's id
   */
  default Map<String, List<LedgerEntry>> folded(Nesting nesting, Collection<String> parents) {
    return Map.of();
  }

  /**
   * Writes ledger rows and then rows of one entity. The ledger rows are written directly before the
   * rows' statements, all of them first: they mark what follows. Keys are distinct, those that rows
   * leave included.
   *
   * <p>A target may send what is written later. What it refuses is thrown here, by a later call, or
   * by {@link #commit()}; after a {@link #savepoint()} it is thrown here.
   */
  void write(String entity, List<RowWrite> writes);

  /**
   * Takes away the values that must be unique, other than keys, from those of the rows that exist
   * and that a later {@link #write} of the same transaction gives them anew: so that rows can
   * exchange such values. What cannot be taken away stays.
   */
  void vacate(String entity, List<RowWrite> upserts);

  /** Replaces the shadow of fold rows, and nothing else. */
  void updateShadows(List<LedgerEntry> foldRows);

  /** Removes every row of an entity. */
  void truncate(String entity, LedgerEntry entry);

  /**
   * Whether the ledger knows a higher version of any key of this entity in this log. What other
   * instances of the applier are applying is waited for, and none begins before this transaction
   * ends: or rows that are older than a truncation could come in beside it.
   */
  boolean knowsLater(String entity, String log, byte[] version);

  /** Calls the entity's handler. */
  void deliver(ChangeEvent event);

  /** Keeps events. */
  void hold(List<HeldEvent> events);

  /** All waiting events of a key, in order. */
  List<HeldEvent> heldEvents(EntityKey key);

  /** Removes waiting events of a key up to and including an offset. */
  void release(EntityKey key, long upToOffset);

  /**
   * Removes one waiting event, which another instance may be about to apply, too.
   *
   * @return false where it is gone; where it is not, nobody else takes it until the transaction has
   *     ended, or was taken back to a point before
   */
  boolean take(EntityKey key, long offset);

  /** Notes what became of a retry, for all events of a key. */
  void retried(EntityKey key, String error, int attempts, boolean parked);

  /** A point to go back to. */
  Object savepoint();

  /** Undoes everything since the point. */
  void rollbackTo(Object savepoint);

  /** Forgets the point. */
  void releaseSavepoint(Object savepoint);

  /** Commits. */
  void commit();

  /** Rolls back unless committed; never fails. */
  @Override
  void close();
}
