package io.millrace.cdc.mongo;

import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.conversions.Bson;

/** Opens the one change stream of a source, with its filter on the server. */
final class StreamOpener {
  /** So long a request waits on the server; no longer, since a close has to wait for it. */
  private static final long AWAIT_MILLIS = 250;

  /**
   * So many changes come with one answer. The server would fill 16 MB, and rest while all of that
   * is decoded.
   */
  private static final int ANSWER = 8_000;

  private StreamOpener() {}

  /**
   * Opens a stream.
   *
   * @param start where: {@code resumeAfter} or {@code startAtOperationTime}
   */
  static MongoChangeStreamCursor<RawBsonDocument> open(
      MongoSettings settings, UnaryOperator<ChangeStreamIterable<Document>> start) {
    return open(settings, start, false);
  }

  /**
   * Opens a stream.
   *
   * @param start where: {@code resumeAfter} or {@code startAtOperationTime}
   * @param without whether the states after updates are left out, where {@link #canLook}
   */
  static MongoChangeStreamCursor<RawBsonDocument> open(
      MongoSettings settings,
      UnaryOperator<ChangeStreamIterable<Document>> start,
      boolean without) {
    boolean images = images(settings);
    ServerVersion version = version(settings);
    // Servers before 6.0 know states before a change, though not officially, and none after it.
    boolean after = images && version.keepsImages();
    ChangeStreamIterable<Document> stream =
        settings
            .watched()
            .watch(stages(settings, version))
            .fullDocument(
                without
                    ? FullDocument.DEFAULT
                    : after ? FullDocument.WHEN_AVAILABLE : FullDocument.UPDATE_LOOKUP)
            .batchSize(ANSWER)
            .maxAwaitTime(AWAIT_MILLIS, TimeUnit.MILLISECONDS);
    if (images) {
      stream = stream.fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE);
    }
    return (MongoChangeStreamCursor<RawBsonDocument>)
        start.apply(stream).withDocumentClass(RawBsonDocument.class).cursor();
  }

  private static boolean images(MongoSettings settings) {
    return settings.collections().stream().anyMatch(CapturedCollection::oldState);
  }

  /** Whether states may be looked up one by one as well, and have to be where one is too large. */
  static boolean canLook(MongoSettings settings) {
    return !images(settings) && !version(settings).splitsEvents();
  }

  /** Opens a stream of everything in the database from a time on, without looked-up states. */
  static MongoChangeStreamCursor<RawBsonDocument> openAll(
      MongoSettings settings, BsonTimestamp time) {
    List<Bson> stages =
        version(settings).splitsEvents()
            ? List.of(new Document("$changeStreamSplitLargeEvent", new Document()))
            : List.of();
    return (MongoChangeStreamCursor<RawBsonDocument>)
        settings
            .watched()
            .watch(stages)
            .startAtOperationTime(time)
            .maxAwaitTime(AWAIT_MILLIS, TimeUnit.MILLISECONDS)
            .withDocumentClass(RawBsonDocument.class)
            .cursor();
  }

  /** The filter, and where the server can: events over 16 MB in parts. */
  private static List<Bson> stages(MongoSettings settings, ServerVersion version) {
    return version.splitsEvents()
        ? List.of(filter(settings), new Document("$changeStreamSplitLargeEvent", new Document()))
        : List.of(filter(settings));
  }

  static ServerVersion version(MongoSettings settings) {
    return MongoErrors.call(settings, "ask its version", () -> ServerVersion.of(settings));
  }

  /**
   * Our collections, and what befalls any collection as a whole: a filter on the collection alone
   * would hide the operations that name none, and leave the stream silent for ever.
   */
  private static Bson filter(MongoSettings settings) {
    List<String> names = new ArrayList<>();
    settings.collections().forEach(collection -> names.add(collection.name()));
    names.add(Marks.COLLECTION);
    names.add(HeartbeatDocuments.COLLECTION);
    if (settings.outbox().isPresent()) {
      names.add(MongoOutbox.COLLECTION);
    }
    return new Document(
        "$match",
        new Document(
            "$or",
            List.of(
                new Document("ns.coll", new Document("$in", names)),
                new Document("to.coll", new Document("$in", names)),
                new Document(
                    "operationType", new Document("$in", List.of("dropDatabase", "invalidate"))))));
  }
}
