package io.millrace.cdc.mongo;

import com.mongodb.ClientSessionOptions;
import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.TransactionOptions;
import com.mongodb.WriteConcern;
import com.mongodb.bulk.BulkWriteResult;
import com.mongodb.client.ClientSession;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.error.ApplyException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * One transaction, remembered step by step. The server knows no savepoints and undoes a transaction
 * whole when it refuses a write; going back to a point means to begin another transaction and to
 * take the steps up to that point again. What is read then must be what was read before, else the
 * applier begins anew. Used by one thread.
 *
 * <p>Where others were met lately ({@link Meetings}) it gathers at first: what is in this library's
 * own collections is read outside of the transaction and written later, with {@link #send}; the
 * transaction begins with the first step on the application's documents. Who writes one of these
 * between the beginning and our own write undoes the transaction, so nothing else is done in that
 * time.
 */
final class TransactionSteps implements AutoCloseable {
  private static final int MOST_TRIES = 5;
  private static final BulkWriteOptions UNORDERED = new BulkWriteOptions().ordered(false);

  private final TargetSite site;
  private final SessionNotes sessions;
  private final Meetings meetings;
  private final List<Done> done = new ArrayList<>();

  /** Of our own collections, those with writes that are not sent yet. */
  private final Set<String> unsent = new HashSet<>();

  private boolean gathering;
  private @Nullable ClientSession open;

  /** Whether the open session is in a transaction, or one for reads before it. */
  private boolean begun;

  /**
   * A request to the server.
   *
   * @param <T> what it answers; compared when it is made again
   */
  interface Step<T> {
    T run(MongoDatabase database, ClientSession session);
  }

  /**
   * A step that was taken or waits.
   *
   * @param rows on the application's documents, or the mark that has to stand before them
   * @param sent whether it was taken in the transaction
   */
  private record Done(String what, boolean rows, boolean sent, Step<?> step, Object answer) {}

  private static boolean ofRows(String collection) {
    return !collection.startsWith(OwnCollections.PREFIX) || collection.equals(Marks.COLLECTION);
  }

  TransactionSteps(TargetSite site, SessionNotes sessions, Meetings meetings) {
    this.site = site;
    this.sessions = sessions;
    this.meetings = meetings;
    this.gathering = meetings.lately();
  }

  /** Reads something; it answers the same each time while nobody writes it. */
  <T> T read(String what, String collection, Step<T> step) {
    if (unsent.contains(collection)) {
      send();
    }
    return take(what, ofRows(collection), step);
  }

  /** Writes something, at once or later; it answers by an exception. */
  void write(String what, String collection, BiConsumer<MongoDatabase, ClientSession> step) {
    Step<Boolean> answered =
        (database, session) -> {
          step.accept(database, session);
          return true;
        };
    boolean rows = ofRows(collection);
    if (gathering && !rows) {
      unsent.add(collection);
      done.add(new Done(what, false, false, answered, true));
    } else {
      take(what, rows, answered);
    }
  }

  /** Takes a step; where that meets another transaction, all that were taken in ours once more. */
  private <T> T take(String what, boolean rows, Step<T> step) {
    boolean transactional = begun || rows || !gathering;
    return persistently(
        () -> {
          ClientSession session = session(transactional);
          T answer = call(what, session, step);
          done.add(new Done(what, rows, begun, step, Objects.requireNonNull(answer)));
          return answer;
        });
  }

  private <T> T persistently(Supplier<T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return work.get();
      } catch (RestartException e) {
        if (!triesAgain(e, attempt)) {
          throw ended(e);
        }
      } catch (RuntimeException e) {
        throw ended(e);
      }
    }
  }

  /** No further step of ours will be taken as things stand. */
  private RuntimeException ended(RuntimeException e) {
    if (gathering) {
      gathered();
    }
    return e;
  }

  /** Documents in the order of their {@code _id}. */
  <D extends BsonDocument> List<D> find(
      Class<D> type, String collection, Bson filter, @Nullable Bson projection) {
    return find(type, collection, filter, projection, Sorts.ascending("_id"));
  }

  /** Documents in an order. */
  <D extends BsonDocument> List<D> find(
      Class<D> type, String collection, Bson filter, @Nullable Bson projection, Bson order) {
    return read(
        "reading " + collection,
        collection,
        (database, session) -> {
          FindIterable<D> found =
              database.getCollection(collection, type).find(session, filter).sort(order);
          return (projection == null ? found : found.projection(projection))
              .into(new ArrayList<>());
        });
  }

  /** Writes that do not depend on each other; none is no step. */
  void bulk(String collection, List<? extends WriteModel<BsonDocument>> writes) {
    if (!writes.isEmpty()) {
      write(
          "writing " + collection,
          collection,
          (database, session) ->
              database
                  .getCollection(collection, BsonDocument.class)
                  .bulkWrite(session, writes, UNORDERED));
    }
  }

  /** Whether what is in this library's own collections is written later. */
  boolean gathers() {
    return gathering;
  }

  /** Writes that have to change, or make, a document each; whether they did. */
  boolean changeAll(String collection, List<? extends WriteModel<BsonDocument>> writes) {
    return take(
        "writing " + collection,
        ofRows(collection),
        (database, session) -> {
          BulkWriteResult result =
              database
                  .getCollection(collection, BsonDocument.class)
                  .bulkWrite(session, writes, UNORDERED);
          return result.getModifiedCount() + result.getUpserts().size() == writes.size();
        });
  }

  /** Sends what was gathered; from here on every step is taken at once. */
  void send() {
    if (gathering) {
      persistently(
          () -> {
            ClientSession session = session(true);
            List.copyOf(done).stream()
                .filter(step -> !step.sent())
                .forEach(step -> again(step, session));
            gathered();
            return true;
          });
    }
  }

  /**
   * Whether a step that met another transaction is taken again. Somebody who writes a document all
   * the time has just done so, and leaves the most time to who comes directly after him; all that
   * the applier would do anew besides would use it up.
   */
  private boolean triesAgain(RestartException e, int attempt) {
    if (attempt > MOST_TRIES || e.getCause() == null) {
      return false; // or what was read has changed, and the applier has to know of it
    }
    try {
      Thread.sleep(site.random().nextInt(2 * attempt));
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** From here on the steps stand in the order in which they are to be taken again. */
  private void gathered() {
    gathering = false;
    unsent.clear();
    List<Done> all = List.copyOf(done);
    done.clear();
    all.stream().filter(Done::rows).forEach(done::add);
    all.stream().filter(step -> !step.rows()).forEach(done::add);
  }

  /** A point to go back to; a step that is refused after it throws at once. */
  int point() {
    send();
    return done.size();
  }

  /** Undoes every step after a point. */
  void backTo(int point) {
    if (done.size() > point) {
      done.subList(point, done.size()).clear();
      abandon();
    }
  }

  private ClientSession session(boolean transactional) {
    ClientSession session = open;
    if (session != null && (begun || !transactional)) {
      return session;
    }
    abandon();
    begun = transactional;
    ClientSession started = site.call("beginning a transaction", this::start);
    open = started;
    List.copyOf(done).stream()
        .filter(step -> !gathering || step.sent())
        .forEach(step -> again(step, started));
    return started;
  }

  private void again(Done step, ClientSession session) {
    Object again = call(step.what(), session, step.step());
    if (!step.answer().equals(again)) {
      abandon();
      meetings.met();
      throw new RestartException(
          site + ", " + step.what() + ": it was changed while the batch was being applied", null);
    }
  }

  private ClientSession start() {
    TransactionOptions options =
        TransactionOptions.builder()
            .readConcern(ReadConcern.SNAPSHOT)
            .readPreference(ReadPreference.primary())
            .writeConcern(WriteConcern.MAJORITY)
            .timeout(site.timeout().toMillis(), TimeUnit.MILLISECONDS)
            .build();
    ClientSession session =
        site.client()
            .startSession(
                ClientSessionOptions.builder().defaultTransactionOptions(options).build());
    if (begun) {
      note(session);
      session.startTransaction();
    }
    return session;
  }

  private void note(ClientSession session) {
    try {
      sessions.note(session);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private <T> T call(String what, ClientSession session, Step<T> step) {
    MongoDatabase database = begun ? site.inTransaction() : site.outside();
    try {
      return site.call(what, () -> step.run(database, session));
    } catch (RuntimeException e) {
      abandon(); // the server has undone it
      if (e instanceof RestartException) {
        meetings.met();
      }
      throw e;
    }
  }

  /** Commits. A commit whose answer got lost is asked for again; it happens once. */
  void commit() {
    if (done.isEmpty()) {
      return;
    }
    send();
    ClientSession session = session(true);
    long deadline = System.nanoTime() + site.timeout().toNanos();
    while (true) {
      try {
        session.commitTransaction();
        break;
      } catch (MongoException e) {
        if (!e.hasErrorLabel(MongoException.UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL)
            || System.nanoTime() > deadline) {
          abandon();
          throw failed(e);
        }
      }
    }
    done.clear();
    abandon();
  }

  /** What is refused at the commit is nobody's data. */
  private ApplyException failed(MongoException e) {
    ApplyException translated = TargetErrors.translate(site, "committing", e);
    if (translated instanceof RestartException) {
      meetings.met();
      return translated;
    }
    return new ApplyException(String.valueOf(translated.getMessage()), e, true);
  }

  private void abandon() {
    ClientSession session = open;
    open = null;
    if (session != null) {
      session.close(); // ends what is not committed
    }
  }

  @Override
  public void close() {
    done.clear();
    abandon();
  }
}
