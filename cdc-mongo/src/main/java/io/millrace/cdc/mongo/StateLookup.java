package io.millrace.cdc.mongo;

import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.client.ClientSession;
import com.mongodb.client.model.Filters;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the document that an update was of, as the server's {@code updateLookup} does: where
 * states after a change are asked for, the server looks nothing up, also not for collections
 * without such states, and not where a state has been given up. Used by one thread.
 */
final class StateLookup {
  private final MongoSettings settings;
  private boolean needed;

  StateLookup(MongoSettings settings, boolean needed) {
    this.settings = settings;
    this.needed = needed;
  }

  /** Does what the stream leaves out, if it leaves anything out. */
  static StateLookup of(MongoSettings settings) {
    boolean images = settings.collections().stream().anyMatch(CapturedCollection::oldState);
    return new StateLookup(settings, images && StreamOpener.version(settings).keepsImages());
  }

  /** Whether the stream that is read now leaves them all out. */
  void insteadOfServer(boolean all) {
    needed = all;
  }

  /**
   * The document as it stands now, with the change in it; null where it is gone, or where the
   * stream has looked itself.
   */
  @Nullable RawBsonDocument find(ChangeDocument change) {
    if (!needed) {
      return null;
    }
    return MongoErrors.call(
        settings,
        "look up a document of " + change.namespace(),
        () -> {
          try (ClientSession session = settings.client().startSession()) {
            // Not before the change, whichever node answers.
            session.advanceOperationTime(new BsonTimestamp(change.clusterTime()));
            return (@Nullable RawBsonDocument)
                settings
                    .db()
                    .getCollection(change.collection(), RawBsonDocument.class)
                    .withReadConcern(ReadConcern.MAJORITY)
                    .withReadPreference(ReadPreference.primary())
                    .find(session, Filters.eq("_id", change.id()))
                    .first();
          }
        });
  }
}
