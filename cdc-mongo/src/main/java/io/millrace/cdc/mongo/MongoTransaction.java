package io.millrace.cdc.mongo;

import com.mongodb.client.model.Filters;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.SeenHeartbeat;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.transport.Channel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bson.BsonDocument;

/** One transaction of a session. */
final class MongoTransaction implements TargetTransaction {
  private final MongoSession session;
  private final TransactionSteps steps;
  private final OwnStore own;
  private final RowSteps rows;
  private Optional<OwnLog> ownLog = Optional.empty();
  private boolean ownLogIsKnown;

  /** Written at the end, so that going back to a point does not have to write them again. */
  private final List<HeldEvent> waiting = new ArrayList<>();

  /**
   * Where {@link #rollbackTo} goes.
   *
   * @param steps taken so far
   * @param waiting events held so far
   */
  private record Point(int steps, int waiting) {}

  MongoTransaction(MongoSession session) {
    this.session = session;
    this.steps = new TransactionSteps(session.site(), session.sessions(), session.meetings());
    this.own = new OwnStore(session.applier(), session.site(), steps, session.emptied());
    this.rows = new RowSteps(session, steps);
  }

  @Override
  public void advance(Channel channel, Collection<OffsetStep> moves) {
    own.advance(channel, moves);
  }

  @Override
  public void heard(Channel channel, Collection<SeenHeartbeat> heartbeats) {
    own.heard(channel, heartbeats);
  }

  @Override
  public Optional<OwnLog> ownLog() {
    if (!ownLogIsKnown) {
      ownLog = readOwnLog();
      ownLogIsKnown = true;
    }
    return ownLog;
  }

  private Optional<OwnLog> readOwnLog() {
    return steps
        .find(
            BsonDocument.class,
            MongoRegistration.COLLECTION,
            Filters.eq("_id", MongoRegistration.LOG),
            null)
        .stream()
        .map(MongoRegistration::ownLog)
        .findFirst();
  }

  @Override
  public List<LedgerEntry> ledger(Collection<EntityKey> keys) {
    if (session.isShared()) {
      ownLog(); // before the transaction begins
    }
    return own.ledger(keys);
  }

  @Override
  public boolean guard(Collection<EntityKey> keys) {
    return own.guard(keys);
  }

  @Override
  public Set<EntityKey> held(Collection<EntityKey> keys) {
    Set<EntityKey> held = own.held(keys);
    waiting.stream().map(HeldEvent::key).filter(keys::contains).forEach(held::add);
    return held;
  }

  /** Nobody waits: who writes one of these meanwhile undoes the transaction that writes it too. */
  @Override
  public Map<EntityKey, Row> lock(String entity, Map<EntityKey, Row> keyValues) {
    return read(entity, keyValues);
  }

  @Override
  public Map<EntityKey, Row> read(String entity, Map<EntityKey, Row> keyValues) {
    return fitting(() -> session.rows(entity).read(rows, keyValues));
  }

  @Override
  public List<Row> children(Nesting nesting, Collection<Row> parents) {
    return fitting(() -> session.children(nesting, parents, rows));
  }

  @Override
  public Map<String, List<LedgerEntry>> folded(Nesting nesting, Collection<String> parents) {
    return session.rows(nesting.child()) instanceof Elements
        ? own.beneath(nesting, parents)
        : Map.of();
  }

  @Override
  public void write(String entity, List<RowWrite> writes) {
    fitting(
        () -> {
          own.writeLedger(writes, session.nextMark());
          Rows written = session.rowsOrNull(entity);
          if (written != null) {
            written.write(rows, writes);
          }
          return entity;
        });
  }

  @Override
  public void vacate(String entity, List<RowWrite> upserts) {
    fitting(
        () -> {
          // These changes are the applier's own too.
          session.rows(entity).vacate(rows, upserts);
          return entity;
        });
  }

  @Override
  public void truncate(String entity, LedgerEntry entry) {
    session.emptied().forget();
    own.writeLedger(
        List.of(
            new RowWrite(
                entry.key(), RowWrite.Kind.NONE, Row.empty(), Row.empty(), List.of(entry))),
        session.nextMark());
    session.rows(entity).truncate(rows, entry.hops());
  }

  @Override
  public void updateShadows(List<LedgerEntry> foldRows) {
    own.updateShadows(foldRows);
  }

  @Override
  public boolean knowsLater(String entity, String log, byte[] version) {
    return own.knowsLater(entity, log, version);
  }

  @Override
  public void deliver(ChangeEvent event) {
    try {
      session.handler(event.entity()).accept(event);
    } catch (MillraceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new RejectedException(
          "The handler of '%s' refused %s: %s".formatted(event.entity(), event, e), e);
    }
  }

  @Override
  public void hold(List<HeldEvent> events) {
    events.forEach(this::mustFit);
    waiting.addAll(events);
  }

  /** What cannot be kept cannot be passed either. */
  private void mustFit(HeldEvent event) {
    long bytes = OwnForms.bytes(event);
    if (bytes > OwnForms.MOST_BYTES) {
      throw new ApplyException(
          "%s: %s, at offset %s of partition %s, has to wait, but takes %s bytes and no document of MongoDB more than 16 MB: %s Mend what it was refused for (or leave the large field out of the mapping) and start the applier again; until then nothing after it is applied."
              .formatted(
                  session.site(),
                  event.key(),
                  event.delivery().offset(),
                  event.delivery().partition(),
                  bytes,
                  event.error()));
    }
  }

  @Override
  public List<HeldEvent> heldEvents(EntityKey key) {
    keepWaiting();
    return own.heldEvents(key);
  }

  @Override
  public void release(EntityKey key, long upToOffset) {
    keepWaiting();
    own.release(key, upToOffset);
  }

  @Override
  public boolean take(EntityKey key, long offset) {
    keepWaiting();
    return own.take(key, offset);
  }

  @Override
  public void retried(EntityKey key, String error, int attempts, boolean parked) {
    keepWaiting();
    own.retried(key, error, attempts, parked);
  }

  private void keepWaiting() {
    if (!waiting.isEmpty()) {
      own.hold(List.copyOf(waiting));
      waiting.clear();
    }
  }

  @Override
  public Object savepoint() {
    rows.sendAtOnce();
    own.sendAtOnce();
    return new Point(steps.point(), waiting.size());
  }

  @Override
  public void rollbackTo(Object savepoint) {
    Point point = (Point) savepoint;
    steps.backTo(point.steps());
    rows.forget();
    ownLogIsKnown = false;
    if (waiting.size() > point.waiting()) {
      waiting.subList(point.waiting(), waiting.size()).clear();
    }
  }

  @Override
  public void releaseSavepoint(Object savepoint) {
    // A point costs nothing.
  }

  @Override
  public void commit() {
    keepWaiting();
    rows.send();
    own.send();
    steps.commit();
    session.emptied().committed();
  }

  @Override
  public void close() {
    steps.close();
  }

  /** What BSON cannot hold is the event's fault. */
  private static <T> T fitting(Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      throw new RejectedException(String.valueOf(e.getMessage()), e);
    }
  }
}
