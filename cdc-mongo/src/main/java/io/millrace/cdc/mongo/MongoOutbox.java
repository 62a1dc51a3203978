package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.Outbox;
import io.millrace.cdc.outbox.OutboxRecord;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Locale;
import org.bson.BsonSerializationException;
import org.bson.Document;
import org.bson.types.Binary;

/**
 * Keeps events in the collection {@code millrace_outbox}, in the session's own transaction. A
 * {@link MongoSource} of the same database with {@link MongoSource.Builder#outbox} publishes them,
 * between the transaction's captured changes and in their order. Thread-safe.
 */
public final class MongoOutbox implements Outbox<ClientSession> {
  static final String COLLECTION = "millrace_outbox";
  static final String EVENT = "event";
  static final String AT = "at";

  private final MongoCollection<Document> collection;
  private final CapturedStates captured;
  private final Clock clock;

  MongoOutbox(MongoDatabase database, CapturedStates captured, Clock clock) {
    this.collection = database.getCollection(COLLECTION);
    this.captured = captured;
    this.clock = clock;
  }

  /**
   * An outbox in a database; the sessions must be this client's. {@link MongoSource#outbox()} makes
   * one that checks more.
   */
  public static MongoOutbox in(MongoClient client, String database) {
    return in(client, database, Ambient.clock());
  }

  /** An outbox whose events are dated by a given clock. */
  public static MongoOutbox in(MongoClient client, String database, Clock clock) {
    return new MongoOutbox(
        Check.notNull(client, "client").getDatabase(Check.notBlank(database, "database")),
        CapturedStates.none(),
        Check.notNull(clock, "clock"));
  }

  /**
   * Writes an event into the session's transaction.
   *
   * @throws IllegalArgumentException where it is a state of an entity that the source captures too
   * @throws IllegalStateException where the session has no transaction
   * @throws MongoException where the transaction met another one: undo it and begin anew, as the
   *     driver's {@code withTransaction} does by itself
   * @throws SourceException where the event is larger than a document can be
   */
  @Override
  public void append(ClientSession session, EntityEvent event) {
    captured.check(event);
    Check.state(
        session.hasActiveTransaction(),
        "no transaction is open: %s would be kept although the change may never be. Call append within session.withTransaction(…)",
        event);
    Instant now = clock.instant();
    Document document =
        new Document(EVENT, new Binary(OutboxRecord.bytes(event, now)))
            .append(AT, Date.from(now))
            .append("format", 1);
    try {
      collection.insertOne(session, document);
    } catch (BsonSerializationException e) {
      throw new SourceException(
          String.format(Locale.ROOT, "%s is too large for a document: %s", event, e.getMessage()),
          e);
    }
  }
}
