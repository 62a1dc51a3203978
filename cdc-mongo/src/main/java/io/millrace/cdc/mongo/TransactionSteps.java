package io.millrace.cdc.mongo;

import com.mongodb.ClientSessionOptions;
import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.TransactionOptions;
import com.mongodb.WriteConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.FindIterable;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.error.ApplyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * One transaction, remembered step by step. The server knows no savepoints and undoes a transaction
 * whole when it refuses a write; going back to a point means to begin another transaction and to
 * take the steps up to that point again. What is read then must be what was read before, else the
 * applier begins anew. Used by one thread.
 */
final class TransactionSteps implements AutoCloseable {
  private static final BulkWriteOptions UNORDERED = new BulkWriteOptions().ordered(false);

  private final TargetSite site;
  private final List<Done> done = new ArrayList<>();
  private @Nullable ClientSession open;

  /**
   * A request to the server.
   *
   * @param <T> what it answers; compared when it is made again
   */
  interface Step<T> {
    T run(ClientSession session);
  }

  private record Done(String what, Step<?> step, Object answer) {}

  TransactionSteps(TargetSite site) {
    this.site = site;
  }

  /** Takes a step. One that fails has done nothing. */
  <T> T run(String what, Step<T> step) {
    ClientSession session = begun();
    T answer = call(what, session, step);
    done.add(new Done(what, step, Objects.requireNonNull(answer)));
    return answer;
  }

  /** Documents in the order of their {@code _id}. */
  <D extends BsonDocument> List<D> find(
      Class<D> type, String collection, Bson filter, @Nullable Bson projection) {
    return run(
        "reading " + collection,
        session -> {
          FindIterable<D> found =
              site.inTransaction()
                  .getCollection(collection, type)
                  .find(session, filter)
                  .sort(new BsonDocument("_id", new org.bson.BsonInt32(1)));
          return (projection == null ? found : found.projection(projection))
              .into(new ArrayList<>());
        });
  }

  /** Writes that do not depend on each other; none is no step. */
  void bulk(String collection, List<? extends WriteModel<BsonDocument>> writes) {
    if (!writes.isEmpty()) {
      run(
          "writing " + collection,
          session -> {
            site.inTransaction()
                .getCollection(collection, BsonDocument.class)
                .bulkWrite(session, writes, UNORDERED);
            return true;
          });
    }
  }

  /** A point to go back to. */
  int point() {
    return done.size();
  }

  /** Undoes every step after a point. */
  void backTo(int point) {
    if (done.size() > point) {
      done.subList(point, done.size()).clear();
      abandon();
    }
  }

  private ClientSession begun() {
    ClientSession session = open;
    if (session != null) {
      return session;
    }
    ClientSession started = site.call("beginning a transaction", this::start);
    open = started;
    for (Done step : done) {
      Object again = call(step.what(), started, step.step());
      if (!step.answer().equals(again)) {
        abandon();
        throw new RestartException(
            site + ", " + step.what() + ": it was changed while the batch was being applied", null);
      }
    }
    return started;
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
    session.startTransaction();
    return session;
  }

  private <T> T call(String what, ClientSession session, Step<T> step) {
    try {
      return site.call(what, () -> step.run(session));
    } catch (RuntimeException e) {
      abandon(); // the server has undone it
      throw e;
    }
  }

  /** Commits. A commit whose answer got lost is asked for again; it happens once. */
  void commit() {
    if (done.isEmpty()) {
      return;
    }
    ClientSession session = begun();
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
    return translated instanceof RestartException
        ? translated
        : new ApplyException(String.valueOf(translated.getMessage()), e, true);
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
