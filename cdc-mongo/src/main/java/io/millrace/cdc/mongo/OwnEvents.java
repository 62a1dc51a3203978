package io.millrace.cdc.mongo;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.OutboxRecord;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Events out of this library's own collections in the captured database: heartbeats and what the
 * application appended to the outbox. Used by one thread.
 */
final class OwnEvents {
  private static final byte[] HEARTBEATS = utf8(HeartbeatDocuments.COLLECTION);
  private static final byte[] OUTBOX = utf8(MongoOutbox.COLLECTION);

  private final MongoSettings settings;
  private final BsonDecoder decoder;
  private final MongoRegistration.Registered log;
  private final String pipeline;

  OwnEvents(
      MongoSettings settings,
      BsonDecoder decoder,
      MongoRegistration.Registered log,
      String pipeline) {
    this.settings = settings;
    this.decoder = decoder;
    this.log = log;
    this.pipeline = pipeline;
  }

  private static byte[] utf8(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a change is of one of these collections. */
  boolean isAbout(ChangeDocument change) {
    return isHeartbeat(change) || change.isCollection(OUTBOX);
  }

  /** Whether something befell the heartbeats' collection. */
  static boolean isHeartbeat(ChangeDocument change) {
    return change.isCollection(HEARTBEATS);
  }

  /**
   * The event of such a change, null where it is none.
   *
   * @param hops of what an applier's transaction wrote besides
   */
  @Nullable ChangeEvent event(ChangeDocument change, int hops) {
    if (!change.hasDocument()) {
      return null; // removed: nobody needs it any more
    }
    Row document = decoder.row(change.bytes(), change.document());
    Version version = Version.of(log.epoch(), change.coordinate());
    if (isHeartbeat(change)) {
      return HeartbeatDocuments.read(document, pipeline, log.log())
          .map(heartbeat -> heartbeat.toEvent(settings.service(), log.log(), version))
          .orElse(null);
    }
    CapturedStates states = settings.outbox().orElse(null);
    if (states == null || !change.is("insert")) {
      return null;
    }
    if (!(document.get(MongoOutbox.EVENT) instanceof Value.BytesValue bytes)) {
      throw new SourceException(
          "A document of "
              + MongoOutbox.COLLECTION
              + " has no bytes in '"
              + MongoOutbox.EVENT
              + "', so it was not written by MongoOutbox: "
              + document.names());
    }
    try {
      ChangeEvent event =
          OutboxRecord.event(bytes.value())
              .source(settings.service())
              .log(log.log())
              .version(version)
              .transactionId(EventMaker.transactionId(change))
              .hops(hops)
              .build();
      states.check(event);
      return event;
    } catch (EventException e) {
      throw new SourceException(
          "A document of " + MongoOutbox.COLLECTION + " cannot be read: " + e.getMessage(), e);
    }
  }
}
