package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.model.Filters;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a reader: finds the position, checks that it is one of this log, decides the epoch. */
final class ReaderOpening {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderOpening.class);
  private static final Duration WITNESS_LIMIT = Duration.ofSeconds(60);
  private static final Duration MAJORITY_LIMIT = Duration.ofSeconds(10);

  private final MongoSettings settings;
  private final ReaderStart start;
  private final MongoRegistration registration;

  /** What an applier said up to the position. */
  private Marks marks = new Marks();

  ReaderOpening(MongoSettings settings, ReaderStart start) {
    this.settings = settings;
    this.start = start;
    this.registration = new MongoRegistration(settings);
  }

  MongoReader open() {
    MongoRegistration.Registered registered = registration.get();
    Document hello =
        MongoErrors.call(
            settings, "connect", () -> settings.admin().runCommand(new Document("isMaster", 1)));
    String replicaSet = hello.getString("setName");
    if (replicaSet == null) {
      throw new SourceException(
          settings.address() + " is no member of a replica set, so it has no change streams.");
    }
    if (start.position().isEmpty()) {
      return first(registered, replicaSet, hello);
    }
    MongoPosition position = MongoPosition.parse(start.position().get());
    checkNotAhead(hello, position);
    MongoReader.Opened opened = resume(position);
    boolean same = position.replicaSet().equals(replicaSet);
    if (!same) {
      LOG.warn(
          "{} is replica set '{}', the position was read from '{}': versions start a new epoch",
          settings.address(),
          replicaSet,
          position.replicaSet());
    }
    long known = Math.max(start.epoch(), registered.epoch());
    MongoPosition here =
        new MongoPosition(replicaSet, position.time(), position.token(), position.witness());
    return reader(registered, same && known > 0 ? known : risen(registered), here, opened);
  }

  private MongoReader first(
      MongoRegistration.Registered registered, String replicaSet, Document hello) {
    if (!start.gapAccepted() && registration.hasRun(start.pipeline())) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "Pipeline '%s' has read this log before, but has no saved position. Bring its position"
                  + " store back, or accept the gap to go on as on a first start.",
              start.pipeline()));
    }
    BsonTimestamp time =
        start.firstStart() == FirstStart.NOW || start.gapAccepted() ? after(hello) : oldest();
    MongoPosition position = new MongoPosition(replicaSet, time, null, null);
    MongoReader.Opened opened =
        new MongoReader.Opened(
            MongoErrors.call(
                settings,
                "open a change stream",
                () -> StreamOpener.open(settings, stream -> stream.startAtOperationTime(time))),
            marks,
            null,
            () -> registration.remember(start.pipeline()));
    return reader(registered, risen(registered), position, opened);
  }

  /**
   * The first moment after all that is in the log now. A write that is under way may have taken an
   * earlier one and not be there yet; nobody reads past it with read concern majority, so one such
   * read waits until it is. What is written after that has a later moment.
   */
  private BsonTimestamp after(Document hello) {
    BsonTimestamp now = operationTime(hello);
    MongoErrors.call(
        settings,
        "wait until a majority of the replica set has come to " + text(now),
        () -> {
          try (ClientSession session = settings.client().startSession()) {
            session.advanceOperationTime(now);
            settings
                .db()
                .withReadConcern(ReadConcern.MAJORITY)
                .getCollection(MongoRegistration.COLLECTION)
                .find(session, Filters.eq("_id", MongoRegistration.LOG))
                .maxTime(MAJORITY_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .first();
            return now;
          }
        });
    return new BsonTimestamp(now.getValue() + 1);
  }

  private BsonTimestamp operationTime(Document hello) {
    Object time = hello.get("operationTime");
    if (time instanceof BsonTimestamp timestamp) {
      return timestamp;
    }
    throw new SourceException(
        settings.address() + " tells no operationTime: is it a member of a replica set?");
  }

  private BsonTimestamp oldest() {
    Document first =
        MongoErrors.call(
            settings,
            "read the oplog's first entry (privilege: find on local.oplog.rs)",
            () ->
                (@Nullable Document)
                    settings
                        .client()
                        .getDatabase("local")
                        .getCollection("oplog.rs")
                        .find()
                        .sort(new Document("$natural", 1))
                        .limit(1)
                        .first());
    if (first == null) {
      throw new SourceException(settings.address() + " has an empty oplog.");
    }
    return first.get("ts", BsonTimestamp.class);
  }

  /** A server whose log ends before what was read has lost it. */
  private void checkNotAhead(Document hello, MongoPosition position) {
    BsonTimestamp now = operationTime(hello);
    if (position.token() != null && now.compareTo(position.time()) < 0) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s has come to %s, but was read up to %s: it was restored, or took over without these"
                  + " changes. Accept the gap or backfill.",
              settings.address(),
              text(now),
              text(position.time())));
    }
  }

  private MongoReader.Opened resume(MongoPosition position) {
    BsonDocument witness = position.witness();
    BsonDocument token = position.token();
    if (witness != null) {
      try {
        checkWitness(witness);
        if (!witness.equals(token)) {
          marks = new Marks(); // the stream had come to rest behind its transaction
        }
      } catch (MongoException e) {
        if (!MongoErrors.isHistoryLost(e) || token == null || token.equals(witness)) {
          throw MongoErrors.translate(settings, "resume the change stream", e);
        }
        // The last change is gone from the oplog, and nothing that came later concerned us.
        marks = new Marks();
      }
    }
    try {
      return opened(
          StreamOpener.open(
              settings,
              stream ->
                  token == null
                      ? stream.startAtOperationTime(position.time())
                      : stream.resumeAfter(token)),
          null);
    } catch (MongoException e) {
      if (!MongoErrors.isFatal(e) || witness == null || !witness.equals(token)) {
        throw MongoErrors.translate(settings, "resume the change stream", e);
      }
      // The change is there, as was just seen, but the server cannot find its token: the event was,
      // or is now, sent in parts, which depends on the state that is looked up.
      BsonTimestamp time = MongoPosition.timeOf(witness);
      return opened(
          MongoErrors.call(
              settings,
              "resume the change stream",
              () -> StreamOpener.open(settings, stream -> stream.startAtOperationTime(time))),
          MongoPosition.text(witness));
    }
  }

  private MongoReader.Opened opened(
      MongoChangeStreamCursor<RawBsonDocument> cursor, @Nullable String after) {
    return new MongoReader.Opened(cursor, marks, after, () -> {});
  }

  /**
   * Reads the last change again, whether it is captured now or not: it must be the same. Notes what
   * an applier said in the transaction that it is of, since that may go on.
   */
  private void checkWitness(BsonDocument witness) {
    String expected = MongoPosition.text(witness);
    BsonTimestamp time = MongoPosition.timeOf(witness);
    ChangeDocument change = new ChangeDocument();
    Fragments fragments = new Fragments();
    BsonDecoder decoder = new BsonDecoder();
    long deadline = System.nanoTime() + WITNESS_LIMIT.toNanos();
    try (MongoChangeStreamCursor<RawBsonDocument> cursor = StreamOpener.openAll(settings, time)) {
      while (true) {
        RawBsonDocument document = cursor.tryNext();
        if (document != null) {
          if (fragments.read(document, change) == null) {
            continue;
          }
          int order = TokenText.compare(change.token(), expected);
          if (order > 0) {
            throw foreign(time);
          }
          marks.follow(change, decoder);
          if (order == 0) {
            return;
          }
        } else {
          BsonDocument passed = cursor.getResumeToken();
          if (passed != null && MongoPosition.timeOf(passed).compareTo(time) > 0) {
            throw foreign(time);
          }
          if (System.nanoTime() > deadline) {
            throw new SourceException(
                settings.address() + " did not send the last change read again within 60 s.",
                null,
                true);
          }
        }
      }
    }
  }

  private LostPositionException foreign(BsonTimestamp time) {
    return new LostPositionException(
        String.format(
            Locale.ROOT,
            "%s holds no such change at %s as was read there: it was restored, or took over without it,"
                + " and wrote on. Accept the gap or backfill.",
            settings.address(),
            text(time)));
  }

  private static String text(BsonTimestamp time) {
    return java.time.Instant.ofEpochSecond(time.getTime()) + " (" + time.getInc() + ")";
  }

  /** An epoch above all that were used, and above those of a store that was lost. */
  private long risen(MongoRegistration.Registered registered) {
    long highest = Math.max(start.epoch(), registered.epoch());
    return Math.max(highest + 1, settings.clock().instant().getEpochSecond());
  }

  private MongoReader reader(
      MongoRegistration.Registered registered,
      long epoch,
      MongoPosition position,
      MongoReader.Opened opened) {
    try {
      registration.raise(epoch);
    } catch (RuntimeException e) {
      opened.cursor().close();
      throw e;
    }
    return new MongoReader(
            settings,
            new MongoRegistration.Registered(registered.log(), epoch),
            start.pipeline(),
            position,
            opened)
        .start();
  }
}
