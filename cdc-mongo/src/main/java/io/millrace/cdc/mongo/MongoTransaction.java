package io.millrace.cdc.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.ReplaceOptions;
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
import org.bson.RawBsonDocument;

/** One transaction of a session. */
final class MongoTransaction implements TargetTransaction {
  private static final ReplaceOptions UPSERT = new ReplaceOptions().upsert(true);

  /** What a mark says in the place of a key where every document of the collection is meant. */
  private static final Set<String> EVERY_DOCUMENT = Set.of("");

  private final MongoSession session;
  private final TransactionSteps steps;
  private final OwnStore own;

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
    this.own = new OwnStore(session.applier(), session.site(), steps);
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
    return own.ledger(keys);
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
    return fitting(() -> session.rows(entity).read(steps, keyValues));
  }

  @Override
  public List<Row> children(Nesting nesting, Collection<Row> parents) {
    return fitting(() -> session.children(nesting, parents, steps));
  }

  @Override
  public void write(String entity, List<RowWrite> writes) {
    fitting(
        () -> {
          long mark = session.nextMark();
          own.writeLedger(writes, mark);
          Rows rows = session.rowsOrNull(entity);
          if (rows != null) {
            mark(rows, rows.documents(writes), mark, hops(writes));
            rows.write(steps, writes);
          }
          return entity;
        });
  }

  @Override
  public void vacate(String entity, List<RowWrite> upserts) {
    fitting(
        () -> {
          Rows rows = session.rows(entity);
          // These changes are the applier's own too.
          mark(rows, rows.documents(upserts), session.nextMark(), hops(upserts));
          rows.vacate(steps, upserts);
          return entity;
        });
  }

  @Override
  public void truncate(String entity, LedgerEntry entry) {
    Rows rows = session.rows(entity);
    long mark = session.nextMark();
    own.writeLedger(
        List.of(
            new RowWrite(
                entry.key(), RowWrite.Kind.NONE, Row.empty(), Row.empty(), List.of(entry))),
        mark);
    mark(rows, EVERY_DOCUMENT, mark, entry.hops());
    rows.truncate(steps);
  }

  private static int hops(List<RowWrite> writes) {
    return writes.stream().mapToInt(RowWrite::hops).max().orElse(0);
  }

  /** Names the documents that the next writes are about; {@link Marks} reads it. */
  private void mark(Rows rows, Set<String> documents, long mark, int hops) {
    if (documents.isEmpty()) {
      return; // nothing is going to be written
    }
    RawBsonDocument document =
        LedgerForm.document(
            writer -> {
              writer.writeString("_id", session.markId());
              writer.writeInt64("mark", mark);
              writer.writeInt32("hops", hops);
              writer.writeDateTime("at", session.site().clock().millis());
              writer.writeStartArray("rows");
              for (String key : documents) {
                writer.writeStartDocument();
                writer.writeString("c", rows.collection());
                writer.writeString("k", key);
                writer.writeEndDocument();
              }
              writer.writeEndArray();
            });
    steps.write(
        "writing " + Marks.COLLECTION,
        Marks.COLLECTION,
        (database, in) ->
            database
                .getCollection(Marks.COLLECTION, RawBsonDocument.class)
                .replaceOne(in, Filters.eq("_id", session.markId()), document, UPSERT));
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
    waiting.addAll(events);
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
    return new Point(steps.point(), waiting.size());
  }

  @Override
  public void rollbackTo(Object savepoint) {
    Point point = (Point) savepoint;
    steps.backTo(point.steps());
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
    steps.commit();
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
