package io.millrace.cdc.mongo;

import com.mongodb.client.ClientSession;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.Sorts;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedEvents;
import io.millrace.cdc.position.UnpublishedKey;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.bson.types.Binary;
import org.jspecify.annotations.Nullable;

/**
 * The collection {@code millrace_unpublished}: per event one document with its place as key, and
 * for a body that does not fit into one document more of them, in parts.
 */
final class MongoUnpublished implements UnpublishedEvents {
  /** Far below the 16 MB of a document, which the rest must fit into as well. */
  private static final int PART_BYTES = 8 << 20;

  private static final String PIPELINE = "_id.p";
  private static final String PLACE = "_id.n";
  private static final String PART = "_id.part";

  private final PositionDocuments documents;
  private final MongoPositions positions;

  MongoUnpublished(PositionDocuments documents, MongoPositions positions) {
    this.documents = documents;
    this.positions = positions;
  }

  private MongoCollection<Document> events() {
    return documents.collection(PositionDocuments.UNPUBLISHED);
  }

  @Override
  public void save(
      Lease lease, Optional<Position> position, long epoch, List<UnpublishedEvent> events) {
    documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          Document record = positions.owned(lease, found);
          documents.set(session, lease.pipeline(), MongoPositions.saved(record, position, epoch));
          long place = last(session, lease.pipeline());
          for (UnpublishedEvent event : events) {
            place++;
            insert(session, lease.pipeline(), place, event, record.getLong("touched"));
          }
          return lease;
        });
  }

  private long last(ClientSession session, String pipeline) {
    Document last =
        events()
            .find(session, Filters.eq(PIPELINE, pipeline))
            .projection(Projections.include("_id"))
            .sort(Sorts.descending(PIPELINE, PLACE))
            .first();
    return last == null ? 0 : last.get("_id", Document.class).getLong("n");
  }

  private void insert(
      ClientSession session, String pipeline, long place, UnpublishedEvent event, long now) {
    byte[] body = event.event().body();
    List<Document> headers = new ArrayList<>();
    event
        .event()
        .headers()
        .forEach((name, value) -> headers.add(new Document("name", name).append("value", value)));
    Document first =
        PositionDocuments.withFormat(
            new Document("_id", id(pipeline, place, 0))
                .append("routingKey", event.routingKey())
                .append("what", event.what())
                .append("error", event.error())
                .append("cause", event.cause().name())
                .append("heldAt", now)
                .append("size", (long) event.size())
                .append("headers", headers)
                .append("body", part(body, 0)));
    events().insertOne(session, first);
    for (int part = 1; (long) part * PART_BYTES < body.length; part++) {
      events()
          .insertOne(
              session,
              new Document("_id", id(pipeline, place, part)).append("body", part(body, part)));
    }
  }

  private static Document id(String pipeline, long place, int part) {
    return new Document("p", pipeline).append("n", place).append("part", part);
  }

  private static Binary part(byte[] body, int part) {
    int from = part * PART_BYTES;
    return new Binary(Arrays.copyOfRange(body, from, Math.min(body.length, from + PART_BYTES)));
  }

  @Override
  public List<UnpublishedKey> keys(Lease lease) {
    return documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          positions.owned(lease, found);
          Map<String, UnpublishedKey> keys = new LinkedHashMap<>();
          FindIterable<Document> all =
              events()
                  .find(session, first(lease.pipeline()))
                  .projection(Projections.exclude("body", "headers"))
                  .sort(Sorts.ascending(PIPELINE, PLACE));
          for (Document event : all) {
            PositionDocuments.checkFormat(event, PositionDocuments.UNPUBLISHED, lease.pipeline());
            keys.merge(
                event.getString("routingKey"),
                new UnpublishedKey(
                    event.getString("routingKey"),
                    1,
                    event.getLong("size"),
                    Instant.ofEpochMilli(event.getLong("heldAt")),
                    event.getString("what"),
                    event.getString("error")),
                UnpublishedKey::and);
          }
          return new ArrayList<>(keys.values());
        });
  }

  private static Bson first(String pipeline) {
    return Filters.and(Filters.eq(PIPELINE, pipeline), Filters.eq(PART, 0));
  }

  @Override
  public Optional<Waiting> next(Lease lease, String routingKey, long after) {
    return documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          positions.owned(lease, found);
          Document event =
              events()
                  .find(
                      session,
                      Filters.and(
                          first(lease.pipeline()),
                          Filters.eq("routingKey", routingKey),
                          Filters.gt(PLACE, after)))
                  .sort(Sorts.ascending(PIPELINE, PLACE))
                  .first();
          return event == null
              ? Optional.empty()
              : Optional.of(waiting(session, lease.pipeline(), event));
        });
  }

  private Waiting waiting(ClientSession session, String pipeline, Document event) {
    PositionDocuments.checkFormat(event, PositionDocuments.UNPUBLISHED, pipeline);
    long place = event.get("_id", Document.class).getLong("n");
    Map<String, String> headers = new LinkedHashMap<>();
    for (Document header : event.getList("headers", Document.class)) {
      headers.put(header.getString("name"), header.getString("value"));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(event.get("body", Binary.class).getData());
    for (Document more :
        events()
            .find(
                session,
                Filters.and(
                    Filters.eq(PIPELINE, pipeline), Filters.eq(PLACE, place), Filters.gt(PART, 0)))
            .sort(Sorts.ascending(PART))) {
      body.writeBytes(more.get("body", Binary.class).getData());
    }
    return new Waiting(
        place,
        new UnpublishedEvent(
            event.getString("routingKey"),
            event.getString("what"),
            event.getString("error"),
            cause(event.getString("cause"), pipeline),
            new Encoded(body.toByteArray(), headers)));
  }

  private static UnpublishedEvent.Cause cause(@Nullable String name, String pipeline) {
    for (UnpublishedEvent.Cause cause : UnpublishedEvent.Cause.values()) {
      if (cause.name().equals(name)) {
        return cause;
      }
    }
    throw new PositionException(
        "An event that pipeline '%s' holds in %s has the cause '%s', which this release does not know. Run the release that wrote it."
            .formatted(pipeline, PositionDocuments.UNPUBLISHED, name));
  }

  @Override
  public void release(Lease lease, String routingKey, long upTo) {
    documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          positions.owned(lease, found);
          List<Long> places = new ArrayList<>();
          for (Document event :
              events()
                  .find(
                      session,
                      Filters.and(
                          first(lease.pipeline()),
                          Filters.eq("routingKey", routingKey),
                          Filters.lte(PLACE, upTo)))
                  .projection(Projections.include("_id"))) {
            places.add(event.get("_id", Document.class).getLong("n"));
          }
          if (!places.isEmpty()) {
            events()
                .deleteMany(
                    session,
                    Filters.and(Filters.eq(PIPELINE, lease.pipeline()), Filters.in(PLACE, places)));
          }
          return lease;
        });
  }
}
