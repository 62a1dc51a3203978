package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import com.mongodb.connection.ServerDescription;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldCount;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.LedgerStretch;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.StoredOffset;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.transport.Channel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One applier's use of a target. The client has the connections. Used by one thread. */
final class MongoSession implements TargetSession {
  private static final Logger LOG = LoggerFactory.getLogger(MongoSession.class);
  private static final long MICROS_PER_MILLI = 1_000;

  private final String applier;
  private final TargetSite site;
  private final TargetLayout layout;
  private final HeldQueries held;
  private final MongoLedgerCleanup cleanup;
  private final SessionNotes sessions;
  private final Meetings meetings = new Meetings(System::nanoTime);
  private final Emptied emptied = new Emptied();
  private final String markId;
  private final Set<String> parts;

  /**
   * Starts with the time, so that no two applies of a row carry the same number, whichever session
   * makes them.
   */
  private long mark;

  private MongoSession(String applier, TargetSite site, TargetLayout layout) {
    this.applier = applier;
    this.site = site;
    this.layout = layout;
    this.parts = layout.parts();
    this.held = new HeldQueries(applier, site);
    this.cleanup = new MongoLedgerCleanup(applier, site);
    this.sessions = new SessionNotes(applier, site);
    this.mark = site.clock().millis() * MICROS_PER_MILLI;
    // Of the session's own: two that write one document would be in each other's way.
    this.markId = applier + "/" + HexFormat.of().toHexDigits(site.random().nextLong());
  }

  static MongoSession open(
      String applier,
      TargetSite site,
      Map<String, CollectionMapping> mappings,
      List<Nesting> nestings) {
    TargetLayout layout =
        site.call(
            "opening a session",
            () -> new TargetPreflight(applier, site, mappings, nestings).layout());
    MongoSession session = new MongoSession(applier, site, layout);
    site.call(
        "ending what an earlier instance left open",
        () -> {
          session.sessions.endOthers();
          return session;
        });
    return session;
  }

  @Override
  public Map<Integer, StoredOffset> offsets(Channel channel) {
    BsonDocument of = OwnForms.channel(applier, channel);
    List<BsonDocument> rows =
        site.call(
            "reading offsets",
            () ->
                site.durable()
                    .getCollection(OwnCollections.OFFSETS, BsonDocument.class)
                    .find(
                        Filters.and(
                            Filters.eq("_id.a", of.get("a")),
                            Filters.eq("_id.t", of.get("t")),
                            Filters.eq("_id.c", of.get("c"))))
                    .into(new ArrayList<>()));
    Map<Integer, StoredOffset> offsets = new HashMap<>();
    for (BsonDocument row : rows) {
      OwnForms.check(OwnCollections.OFFSETS, row);
      offsets.put(
          row.getDocument("_id").getInt32("p").getValue(),
          new StoredOffset(
              row.getInt64("next").getValue(),
              row.getString("incarnation").getValue(),
              row.getInt32("partitions").getValue()));
    }
    return offsets;
  }

  @Override
  public List<String> fields(String entity) {
    return rows(entity).fields().otherFields().asList();
  }

  @Override
  public List<String> parentsFirst() {
    return layout.parentsFirst();
  }

  @Override
  public List<Nesting> nestings() {
    return layout.nestings();
  }

  @Override
  public Set<String> parts() {
    return parts;
  }

  @Override
  public Row convertKey(ChangeEvent event) {
    return rows(event.entity()).fields().convertKey(event);
  }

  @Override
  public Row convert(String entity, Row values) {
    return rows(entity).fields().convert(values);
  }

  @Override
  public boolean storesAsConverted(String entity) {
    return rows(entity).fields().storesAsConverted();
  }

  @Override
  public TargetTransaction begin() {
    return new MongoTransaction(this);
  }

  @Override
  public List<HeldKey> heldKeys(int limit) {
    return held.keys(limit, true);
  }

  @Override
  public List<HeldKey> retryableKeys(int limit) {
    return held.keys(limit, false);
  }

  @Override
  public HeldCount heldCount() {
    return held.count();
  }

  @Override
  public LedgerStretch cleanLedger(
      Channel channel, Optional<EntityKey> from, Duration retention, Instant now) {
    return site.call(
        "cleaning the ledger", () -> cleanup.step(channel, from.orElse(null), retention, now));
  }

  @Override
  public boolean usable() {
    return site.answers();
  }

  @Override
  public void close() {
    boolean there =
        site.client().getClusterDescription().getServerDescriptions().stream()
            .anyMatch(ServerDescription::isPrimary);
    if (!there) {
      return; // whoever closes does not want to wait for a server
    }
    try {
      site.durable().getCollection(Marks.COLLECTION).deleteOne(Filters.eq("_id", markId));
    } catch (MongoException | ApplyException e) {
      LOG.debug("could not take the mark away: {}", e.getMessage());
    }
  }

  Rows rows(String entity) {
    Rows rows = layout.rows().get(entity);
    if (rows == null) {
      throw Invariant.broken("entity '%s' has no collection", entity);
    }
    return rows;
  }

  @Nullable Rows rowsOrNull(String entity) {
    return layout.rows().get(entity);
  }

  /** The children that some parents have, by the event's keys of these. */
  List<Row> children(Nesting nesting, Collection<Row> parents, RowSteps steps) {
    Rows child = rows(nesting.child());
    return child instanceof Elements elements
        ? elements.children(steps, parents)
        : ((Documents) child).children(steps, nesting, parents);
  }

  Consumer<ChangeEvent> handler(String entity) {
    Consumer<ChangeEvent> handler = layout.handlers().get(entity);
    if (handler == null) {
      throw Invariant.broken("entity '%s' has no handler", entity);
    }
    return handler;
  }

  /** The next group's number. */
  long nextMark() {
    return ++mark;
  }

  /** The document that this session's marks are. */
  String markId() {
    return markId;
  }

  String applier() {
    return applier;
  }

  SessionNotes sessions() {
    return sessions;
  }

  Meetings meetings() {
    return meetings;
  }

  Emptied emptied() {
    return emptied;
  }

  /** Whether any entity is shared. */
  boolean isShared() {
    return layout.shared();
  }

  TargetSite site() {
    return site;
  }
}
