package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.TransactionOptions;
import com.mongodb.WriteConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.ReturnDocument;
import io.millrace.cdc.error.PositionException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/** Runs a piece of work in a transaction that owns the pipeline's document. */
final class PositionDocuments {
  static final String POSITION = "millrace_position";
  static final String UNPUBLISHED = "millrace_unpublished";

  /** Format of the documents that this release writes. */
  private static final int FORMAT = 1;

  private static final List<String> UNPUBLISHED_INDEX = List.of("_id.p", "_id.n");

  private final MongoClient client;
  private final String database;
  private final Duration timeout;
  private volatile boolean installed;

  PositionDocuments(MongoClient client, String database, Duration timeout) {
    this.client = client;
    this.database = database;
    this.timeout = timeout;
  }

  interface Work<T> {
    /**
     * Does the work.
     *
     * @param record as it stood, with the server's time in milliseconds as {@code touched}; null
     *     where there is none
     */
    T with(ClientSession session, @Nullable Document record);
  }

  String describe() {
    return "collection " + POSITION + " of MongoDB database " + database;
  }

  MongoCollection<Document> collection(String name) {
    return client.getDatabase(database).getCollection(name);
  }

  void set(ClientSession session, String pipeline, Document fields) {
    collection(POSITION)
        .updateOne(session, new Document("_id", pipeline), new Document("$set", fields));
  }

  /**
   * Does the work, again where another transaction was faster.
   *
   * @param make whether the document is made where it is missing
   */
  <T> T run(String pipeline, boolean make, Work<T> work) {
    long end = System.nanoTime() + timeout.toNanos();
    try {
      install();
      try (ClientSession session = client.startSession()) {
        while (true) {
          try {
            return once(session, pipeline, make, work);
          } catch (MongoException e) {
            if (!e.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL)
                || System.nanoTime() > end) {
              throw e;
            }
          } finally {
            if (session.hasActiveTransaction()) {
              session.abortTransaction();
            }
          }
        }
      }
    } catch (MongoException e) {
      throw new PositionException(
          String.format(
              Locale.ROOT,
              "Cannot use the position of pipeline '%s' in %s: %s",
              pipeline,
              describe(),
              e.getMessage()),
          e,
          true);
    }
  }

  private <T> T once(ClientSession session, String pipeline, boolean make, Work<T> work) {
    session.startTransaction(
        TransactionOptions.builder()
            .readPreference(ReadPreference.primary())
            .readConcern(ReadConcern.SNAPSHOT)
            .writeConcern(
                WriteConcern.MAJORITY.withWTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS))
            .maxCommitTime(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .build());
    // A write, and so of two transactions only one goes on.
    Document record =
        collection(POSITION)
            .findOneAndUpdate(
                session,
                new Document("_id", pipeline),
                List.of(
                    new Document(
                        "$set",
                        new Document("touched", new Document("$toLong", "$$NOW"))
                            .append(
                                "format", new Document("$ifNull", List.of("$format", FORMAT))))),
                new FindOneAndUpdateOptions().upsert(make).returnDocument(ReturnDocument.AFTER));
    if (record != null) {
      checkFormat(record, POSITION, pipeline);
    }
    T result = work.with(session, record);
    commit(session);
    return result;
  }

  private void commit(ClientSession session) {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      try {
        session.commitTransaction();
        return;
      } catch (MongoException e) {
        // The answer got lost, not the commit: the same number may be asked for again.
        if (!e.hasErrorLabel(MongoException.UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL)
            || System.nanoTime() > end) {
          throw e;
        }
      }
    }
  }

  static void checkFormat(Document document, String where, String pipeline) {
    Object format = document.get("format");
    if (!(format instanceof Number number) || number.longValue() > FORMAT) {
      throw new PositionException(
          String.format(
              Locale.ROOT,
              "%s holds pipeline '%s' in format %s; this release knows up to %s. It was written by"
                  + " a newer release: run that one.",
              where,
              pipeline,
              format,
              FORMAT));
    }
  }

  static Document withFormat(Document document) {
    return document.append("format", FORMAT);
  }

  /** Collections cannot be made within a transaction on every server. */
  private void install() {
    if (installed) {
      return;
    }
    MongoDatabase db = client.getDatabase(database);
    Set<String> existing =
        db.listCollectionNames().authorizedCollections(true).into(new HashSet<>());
    for (String name : List.of(POSITION, UNPUBLISHED)) {
      if (!existing.contains(name)) {
        OwnCollections.create(db, name);
      }
    }
    if (!existing.contains(UNPUBLISHED)) {
      db.getCollection(UNPUBLISHED).createIndex(Indexes.ascending(UNPUBLISHED_INDEX));
    }
    installed = true;
  }
}
