package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.bson.types.Binary;
import org.jspecify.annotations.Nullable;

/**
 * A collection in which every published change is kept with what became of it. Immutable; safe for
 * use by several threads.
 *
 * <p>Give a pipeline {@link #around} its publisher: an event then counts as acknowledged once the
 * transport has it <em>and</em> its document is kept, so a position never passes a change that the
 * collection lacks. A document holds {@code _id} (the event's id), {@code entity}, {@code id},
 * {@code type}, {@code log}, {@code version}, {@code changed_at}, {@code routing_key}, {@code
 * body}, {@code headers}, {@code state}, {@code kept_at}, {@code sent_at} and {@code error}. The
 * states: {@code PENDING} (handed to the transport), {@code SENT}, {@code FAILED} (the transport
 * gave it up; the pipeline tries again), {@code REFUSED} (the transport can never carry it).
 *
 * <p>Nothing rests on the collection: what a pipeline publishes is told by its position. {@link
 * #resend} is for what was left over where a position was lost or a gap accepted.
 */
public final class MongoAudit {
  private static final long TIMEOUT_SECONDS = 30;
  static final String PENDING = "PENDING";
  static final String SENT = "SENT";
  static final String FAILED = "FAILED";
  static final String REFUSED = "REFUSED";
  static final String STATE = "state";
  static final String SENT_AT = "sent_at";
  static final String KEPT_AT = "kept_at";
  static final String ERROR = "error";
  static final String BODY = "body";

  private final MongoClient client;
  private final String database;
  private final String collection;
  private final Duration retention;
  private final EventCodec codec;
  private final Clock clock;

  private MongoAudit(Builder builder) {
    this.client = builder.client;
    this.database = builder.database;
    this.collection = builder.collection;
    this.retention = builder.retention;
    this.codec = builder.codec;
    this.clock = builder.clock;
  }

  /** A builder; the database need not be the captured one. */
  public static Builder builder(MongoClient client, String database) {
    return new Builder(Check.notNull(client, "client"), Check.notBlank(database, "database"));
  }

  /**
   * Makes the collection's indexes, of which one lets the server remove what was sent longer ago
   * than the retention; does nothing where that was done with the same retention.
   */
  public void install() {
    MongoCollection<Document> kept = kept();
    kept.createIndex(Indexes.ascending(STATE, KEPT_AT));
    kept.createIndex(
        Indexes.ascending(SENT_AT),
        new IndexOptions().expireAfter(retention.toSeconds(), TimeUnit.SECONDS));
  }

  /**
   * A publisher that keeps what it publishes. It closes the other one with itself. While the
   * database is away, nothing is acknowledged, so the pipeline waits.
   */
  public Publisher around(Publisher publisher) {
    return new AuditingPublisher(this, Check.notNull(publisher, "publisher"));
  }

  /**
   * Sends what is PENDING or FAILED and was kept longer ago than an age, in each log's order, and
   * notes what became of it; but not what was too large to be kept whole ({@code body_bytes}). An
   * applier leaves out what is older than what it knows; a plain consumer has to look at the
   * version, since this is not the order of the log.
   *
   * @param publisher where to; it stays open
   * @param age long enough for a running pipeline to have sent it
   * @param most how many at most
   * @return how many were sent
   */
  public int resend(Publisher publisher, Duration age, int most) throws InterruptedException {
    Check.argument(most >= 1, "most must be at least 1, got %s", most);
    int sent = 0;
    for (String id : left(Date.from(clock.instant().minus(age)), most)) {
      Document document = kept().find(Filters.and(Filters.eq("_id", id), isLeft())).first();
      if (document == null) {
        continue; // somebody else has sent it
      }
      TransportException failure = send(publisher, document);
      if (failure != null) {
        note(document.getString("_id"), FAILED, failure.getMessage());
        throw failure;
      }
      note(document.getString("_id"), SENT, null);
      sent++;
    }
    return sent;
  }

  /**
   * What is to be sent, in the order of the log, whatever the clocks said; without the bodies, of
   * which there may be more than anybody can sort, or keep.
   */
  private List<String> left(Date before, int most) {
    List<String> ids = new ArrayList<>();
    kept()
        .aggregate(
            List.of(
                Aggregates.match(Filters.and(isLeft(), Filters.lt(KEPT_AT, before))),
                Aggregates.project(Projections.include("log", "version")),
                Aggregates.sort(Sorts.ascending("log", "version")),
                Aggregates.limit(most)))
        .allowDiskUse(true)
        .forEach(document -> ids.add(document.getString("_id")));
    return ids;
  }

  private static Bson isLeft() {
    return Filters.and(Filters.in(STATE, PENDING, FAILED), Filters.exists(BODY));
  }

  private static @Nullable TransportException send(Publisher publisher, Document document)
      throws InterruptedException {
    Map<String, String> headers = new HashMap<>();
    for (Document header : document.getList("headers", Document.class)) {
      headers.put(header.getString("n"), header.getString("v"));
    }
    Encoded event = new Encoded(document.get(BODY, Binary.class).getData(), headers);
    CountDownLatch answered = new CountDownLatch(1);
    AtomicReference<@Nullable TransportException> failure = new AtomicReference<>();
    try {
      publisher.publish(
          document.getString("routing_key"),
          event,
          new PublishCallback() {
            @Override
            public void acknowledged() {
              answered.countDown();
            }

            @Override
            public void failed(TransportException error) {
              failure.set(error);
              answered.countDown();
            }
          });
    } catch (TransportException e) {
      return e;
    }
    answered.await();
    return failure.get();
  }

  private void note(String id, String state, @Nullable String error) {
    kept()
        .updateOne(
            Filters.eq("_id", id),
            Updates.combine(
                Updates.set(STATE, state),
                Updates.set(SENT_AT, state.equals(SENT) ? Date.from(clock.instant()) : null),
                Updates.set(ERROR, error)));
  }

  /** What would keep the publisher from keeping anything, and what resending needs. */
  List<Finding> preflight() {
    List<Finding> findings = new ArrayList<>();
    try {
      Privileges privileges = Privileges.of(client.getDatabase("admin"), database);
      for (String action : List.of("insert", "update")) {
        if (!privileges.allows(collection, action)) {
          findings.add(
              Finding.refused(
                  "audit-privilege",
                  privileges.problem(collection, action)
                      + " Nothing could be kept or acknowledged.",
                  privileges.remedy(collection, action)));
        }
      }
      if (!privileges.allows(collection, "find")) {
        findings.add(
            Finding.warning(
                "audit-privilege",
                privileges.problem(collection, "find") + " Nothing could be sent again.",
                privileges.remedy(collection, "find")));
      }
      if (privileges.allows(collection, "listIndexes") && !isInstalled()) {
        findings.add(
            Finding.warning(
                "audit-not-installed",
                this + " has no index that removes what was sent: it grows for ever.",
                "Call audit.install() once."));
      }
    } catch (MongoException e) {
      throw new TransportException(this + " cannot be looked at: " + e.getMessage(), e, true);
    }
    return findings;
  }

  private boolean isInstalled() {
    return kept().listIndexes().into(new ArrayList<>()).stream()
        .anyMatch(index -> index.containsKey("expireAfterSeconds"));
  }

  MongoCollection<Document> kept() {
    return client
        .getDatabase(database)
        .getCollection(collection)
        .withReadPreference(ReadPreference.primary())
        .withWriteConcern(WriteConcern.MAJORITY)
        .withTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  EventCodec codec() {
    return codec;
  }

  Clock clock() {
    return clock;
  }

  @Override
  public String toString() {
    return "MongoDB " + database + "." + collection;
  }

  /** Collects what an audit needs. Not thread-safe. */
  public static final class Builder {
    private static final Duration LONGEST = Duration.ofDays(20 * 365L);

    private final MongoClient client;
    private final String database;
    private String collection = "millrace_audit";
    private Duration retention = Duration.ofDays(30);
    private EventCodec codec = ProtobufCodec.instance();
    private Clock clock = Ambient.clock();

    private Builder(MongoClient client, String database) {
      this.client = client;
      this.database = database;
    }

    /** The collection's name; default {@code millrace_audit}. */
    public Builder collection(String name) {
      collection = Check.notBlank(name, "collection");
      return this;
    }

    /**
     * How long what was sent is kept, 1 second to 20 years; default 30 days. What was not sent
     * stays.
     */
    public Builder retention(Duration duration) {
      Check.argument(
          duration.toSeconds() >= 1 && duration.compareTo(LONGEST) <= 0,
          "retention must be from 1 second to 20 years, got %s",
          duration);
      retention = duration;
      return this;
    }

    /** The codec that the pipeline encodes with; default the contract's own. */
    public Builder codec(EventCodec used) {
      codec = Check.notNull(used, "codec");
      return this;
    }

    /** For tests: the clock that documents are dated by; default the system's. */
    public Builder clock(Clock source) {
      clock = Check.notNull(source, "clock");
      return this;
    }

    /** The audit. */
    public MongoAudit build() {
      return new MongoAudit(this);
    }
  }
}
