package io.millrace.cdc.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;
import static com.mongodb.client.model.Filters.lt;
import static com.mongodb.client.model.Updates.set;
import static com.mongodb.client.model.Updates.setOnInsert;

import com.mongodb.WriteConcern;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.error.SourceException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * The collection {@code millrace_registration} of the captured database, which gives its log a name
 * (the service's tag and 8 random hexadecimal digits), an epoch and a format. An applier that
 * writes to the same database learns from it which events are its own.
 */
public final class MongoRegistration {
  /** The collection's name. */
  static final String COLLECTION = "millrace_registration";

  /** Which pipelines have read. */
  static final String READERS = "millrace_reader";

  private static final long OUTBOX_DAYS = 7;
  private static final int FORMAT = 1;

  /** Key of the one document that names the log. */
  static final String LOG = "log";

  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);

  private final MongoSettings settings;

  MongoRegistration(MongoSettings settings) {
    this.settings = settings;
  }

  /** What the collection holds. */
  record Registered(String log, long epoch) {}

  /**
   * Names the log, makes this library's collections, and switches on pre- and post-images for the
   * collections whose old state is captured; does nothing where that was done.
   *
   * @throws SourceException where the server is away or the user may not write
   */
  public void install() {
    MongoErrors.call(
        settings,
        "install the registration",
        () -> {
          String log =
              settings.service() + "-" + HexFormat.of().toHexDigits(settings.random().nextInt());
          registrations()
              .updateOne(
                  eq("_id", LOG),
                  Updates.combine(
                      setOnInsert(LOG, log),
                      setOnInsert("epoch", 0L),
                      setOnInsert("format", FORMAT)),
                  UPSERT);
          makeMissing(List.of(READERS, Marks.COLLECTION, HeartbeatDocuments.COLLECTION));
          if (settings.outbox().isPresent()) {
            makeMissing(List.of(MongoOutbox.COLLECTION));
            settings
                .db()
                .getCollection(MongoOutbox.COLLECTION)
                .createIndex(
                    Indexes.ascending(MongoOutbox.AT),
                    new IndexOptions().expireAfter(OUTBOX_DAYS, TimeUnit.DAYS));
          }
          for (CapturedCollection collection : settings.collections()) {
            if (collection.oldState()) {
              switchOnImages(collection.name());
            }
          }
          return log;
        });
  }

  /** A transaction may only write to what exists. */
  private void makeMissing(List<String> names) {
    List<String> existing = settings.db().listCollectionNames().into(new java.util.ArrayList<>());
    for (String name : names) {
      if (!existing.contains(name)) {
        settings.db().createCollection(name);
      }
    }
  }

  private void switchOnImages(String collection) {
    makeMissing(List.of(collection));
    settings
        .db()
        .runCommand(
            new Document("collMod", collection)
                .append("changeStreamPreAndPostImages", new Document("enabled", true)));
  }

  /** The log's name and epoch, empty where {@link #install()} was not run. */
  Optional<Registered> find() {
    Document row =
        MongoErrors.call(
            settings,
            "read " + COLLECTION,
            () -> (@Nullable Document) registrations().find(eq("_id", LOG)).first());
    if (row == null) {
      return Optional.empty();
    }
    int format = row.getInteger("format", FORMAT);
    if (format > FORMAT) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "%s.%s has format %s, written by a newer release; this one knows %s.",
              settings.address(),
              COLLECTION,
              format,
              FORMAT));
    }
    return Optional.of(
        new Registered(row.getString(LOG), row.get("epoch", Number.class).longValue()));
  }

  /** What a document of this collection says to an applier. */
  static OwnLog ownLog(BsonDocument row) {
    int format = row.getInt32("format").getValue();
    if (format > FORMAT) {
      throw new ApplyException(
          String.format(
              Locale.ROOT,
              "%s has format %s, written by a newer release; this one knows %s.",
              COLLECTION,
              format,
              FORMAT));
    }
    return new OwnLog(row.getString(LOG).getValue(), row.getNumber("epoch").longValue());
  }

  Registered get() {
    return find()
        .orElseThrow(
            () ->
                new SourceException(
                    settings.address()
                        + " has no registration in "
                        + COLLECTION
                        + ": call registration().install() once."));
  }

  /** Tells appliers of this database about a new epoch; it never goes back. */
  void raise(long epoch) {
    MongoErrors.call(
        settings,
        "write the epoch to " + COLLECTION,
        () ->
            registrations()
                .updateOne(and(eq("_id", LOG), lt("epoch", epoch)), set("epoch", epoch)));
  }

  /** Whether a pipeline has saved a position before. */
  boolean hasRun(String pipeline) {
    return MongoErrors.call(
        settings, "read " + READERS, () -> readers().countDocuments(eq("_id", pipeline)) > 0);
  }

  /** Leaves the trace that {@link #hasRun} looks for. */
  void remember(String pipeline) {
    MongoErrors.call(
        settings,
        "write to " + READERS,
        () ->
            readers()
                .updateOne(
                    eq("_id", pipeline),
                    setOnInsert("firstSavedAt", new BsonDateTime(settings.clock().millis())),
                    UPSERT));
  }

  private MongoCollection<Document> registrations() {
    return settings.db().getCollection(COLLECTION).withWriteConcern(WriteConcern.MAJORITY);
  }

  private MongoCollection<Document> readers() {
    return settings.db().getCollection(READERS).withWriteConcern(WriteConcern.MAJORITY);
  }
}
