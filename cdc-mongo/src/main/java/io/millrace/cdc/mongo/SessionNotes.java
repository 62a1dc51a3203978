package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the server's sessions an applier's transactions run in. The server keeps the transaction
 * of a process that was killed open for a minute, and nobody can write its documents meanwhile; who
 * comes next ends it. Ending the session of an instance that lives costs it one transaction, which
 * it begins anew. Used by one thread.
 */
final class SessionNotes {
  private static final Logger LOG = LoggerFactory.getLogger(SessionNotes.class);
  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);

  /** A note says every hour that it is in use, and is forgotten after a day without. */
  private static final Duration AGAIN = Duration.ofHours(1);

  private static final Duration FORGOTTEN = Duration.ofDays(1);

  private final String applier;
  private final TargetSite site;

  /** Sessions of this instance, with the time of the note in milliseconds. */
  private final Map<BsonDocument, Long> noted = new HashMap<>();

  SessionNotes(String applier, TargetSite site) {
    this.applier = applier;
    this.site = site;
  }

  private MongoCollection<BsonDocument> notes() {
    return site.durable().getCollection(OwnCollections.SESSIONS, BsonDocument.class);
  }

  /** Notes a session before its first transaction. */
  void note(ClientSession session) {
    BsonDocument id = session.getServerSession().getIdentifier();
    long now = site.clock().millis();
    Long before = noted.get(id);
    if (before != null && now - before < AGAIN.toMillis()) {
      return;
    }
    BsonDocument key = new BsonDocument("a", new BsonString(applier)).append("s", id);
    notes().updateOne(Filters.eq("_id", key), Updates.set("at", new BsonDateTime(now)), UPSERT);
    noted.put(id, now);
  }

  /** Ends transactions that earlier instances of the applier left open. */
  void endOthers() {
    BsonArray others = new BsonArray();
    List<BsonDocument> old = new ArrayList<>();
    long forgotten = site.clock().millis() - FORGOTTEN.toMillis();
    for (BsonDocument note : notes().find(Filters.eq("_id.a", applier))) {
      BsonDocument id = note.getDocument("_id").getDocument("s");
      if (!noted.containsKey(id)) {
        others.add(id);
        if (note.getDateTime("at").getValue() < forgotten) {
          old.add(note.getDocument("_id"));
        }
      }
    }
    if (others.isEmpty()) {
      return;
    }
    try {
      site.admin().runCommand(new BsonDocument("killSessions", others));
    } catch (MongoException e) {
      LOG.warn(
          "applier '{}' could not end what an earlier instance may have left open; the server does so after a minute: {}",
          applier,
          e.getMessage());
    }
    if (!old.isEmpty()) {
      notes().deleteMany(Filters.in("_id", old));
    }
  }
}
