package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.position.AcceptedGap;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.position.StoredPosition;
import io.millrace.cdc.position.UnpublishedEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * Keeps positions in the collection {@code millrace_position} of a MongoDB database (replica set,
 * server 4.4 and later), one document per pipeline.
 *
 * <p>The collection is made when it is missing. Leases are measured by the server's clock. Every
 * call is a transaction with majority write concern that writes the pipeline's document first, so
 * that of two owners only one goes on, and compares the token: an owner that was paused saves
 * nothing. Safe for use by several threads.
 */
public final class MongoPositions implements PositionStore {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LONGEST_TIMEOUT = Duration.ofDays(1);

  private final PositionDocuments documents;

  private MongoPositions(PositionDocuments documents) {
    this.documents = documents;
  }

  /**
   * A store in a database; nothing is connected before the first use, and closing it closes
   * nothing.
   *
   * @param client its user needs {@code find}, {@code insert}, {@code update} and {@code remove} on
   *     {@code millrace_position} and {@code millrace_unpublished}, and {@code createCollection}
   *     and {@code createIndex} where they are to be made
   */
  public static MongoPositions in(MongoClient client, String database) {
    return in(client, database, TIMEOUT);
  }

  /**
   * A store in a database.
   *
   * @param timeout how long to wait for the end of a transaction before the store counts as away; 1
   *     ms to 1 day, default 10 s
   */
  public static MongoPositions in(MongoClient client, String database, Duration timeout) {
    Check.argument(
        timeout.toMillis() >= 1 && timeout.compareTo(LONGEST_TIMEOUT) <= 0,
        "timeout must be from 1 ms to 1 day, got %s",
        timeout);
    return new MongoPositions(
        new PositionDocuments(
            Check.notNull(client, "client"), Check.notBlank(database, "database"), timeout));
  }

  @Override
  public String describe() {
    return documents.describe();
  }

  @Override
  public Optional<Lease> acquire(String pipeline, String owner, Duration duration) {
    return documents.run(
        pipeline,
        true,
        (session, found) -> {
          Document record = Check.notNull(found, "record");
          long now = record.getLong("touched");
          Long until = record.getLong("leaseUntil");
          if (until != null && until > now) {
            return Optional.empty();
          }
          Number token = (Number) record.getOrDefault("token", 0L);
          Lease lease =
              new Lease(
                  pipeline, owner, token.longValue() + 1, Instant.ofEpochMilli(now).plus(duration));
          documents.set(
              session,
              pipeline,
              new Document("token", lease.token())
                  .append("owner", owner)
                  .append("leaseUntil", lease.until().toEpochMilli()));
          return Optional.of(lease);
        });
  }

  @Override
  public Lease renew(Lease lease, Duration duration) {
    return documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          Document record = owned(lease, found);
          Instant until = Instant.ofEpochMilli(record.getLong("touched")).plus(duration);
          documents.set(
              session, lease.pipeline(), new Document("leaseUntil", until.toEpochMilli()));
          return new Lease(lease.pipeline(), lease.owner(), lease.token(), until);
        });
  }

  @Override
  public void release(Lease lease) {
    documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          if (found != null && isOf(lease, found)) {
            documents.set(session, lease.pipeline(), new Document("leaseUntil", 0L));
          }
          return lease;
        });
  }

  @Override
  public Optional<StoredPosition> load(Lease lease) {
    return documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          Document record = owned(lease, found);
          Long saved = record.getLong("savedAt");
          return saved == null
              ? Optional.empty()
              : Optional.of(
                  new StoredPosition(
                      position(record, "position"),
                      record.getLong("epoch"),
                      Instant.ofEpochMilli(saved)));
        });
  }

  private static Optional<Position> position(Document in, String field) {
    Document position = in.get(field, Document.class);
    return position == null
        ? Optional.empty()
        : Optional.of(
            new Position(
                position.getString("kind"),
                position.getInteger("format"),
                position.getString("text")));
  }

  private static @Nullable Document document(Optional<Position> position) {
    return position
        .map(
            at ->
                new Document("kind", at.kind())
                    .append("format", at.format())
                    .append("text", at.text()))
        .orElse(null);
  }

  /** In the pipeline's document. */
  @Override
  public void saveAfter(Lease lease, AcceptedGap gap) {
    documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          Document record = owned(lease, found);
          List<Document> gaps = new ArrayList<>(gaps(record));
          gaps.add(
              new Document("acceptedAt", gap.acceptedAt().toEpochMilli())
                  .append("reason", gap.reason())
                  .append("from", document(gap.from()))
                  .append("to", document(Optional.of(gap.to())))
                  .append("epoch", gap.epoch()));
          documents.set(
              session,
              lease.pipeline(),
              saved(record, Optional.of(gap.to()), gap.epoch()).append("gaps", gaps));
          return lease;
        });
  }

  private static List<Document> gaps(Document record) {
    return Objects.requireNonNullElse(record.getList("gaps", Document.class), List.of());
  }

  @Override
  public List<AcceptedGap> gaps(Lease lease) {
    return documents.run(
        lease.pipeline(),
        false,
        (session, found) ->
            gaps(owned(lease, found)).stream()
                .map(
                    gap ->
                        new AcceptedGap(
                            Instant.ofEpochMilli(gap.getLong("acceptedAt")),
                            gap.getString("reason"),
                            position(gap, "from"),
                            position(gap, "to").orElseThrow(),
                            gap.getLong("epoch")))
                .toList());
  }

  @Override
  public void save(Lease lease, Optional<Position> position, long epoch) {
    documents.run(
        lease.pipeline(),
        false,
        (session, found) -> {
          Document record = owned(lease, found);
          documents.set(session, lease.pipeline(), saved(record, position, epoch));
          return lease;
        });
  }

  static Document saved(Document record, Optional<Position> position, long epoch) {
    return new Document("epoch", epoch)
        .append("savedAt", record.getLong("touched"))
        .append("position", document(position));
  }

  /** In the collection {@code millrace_unpublished}, which is made at the first use. */
  @Override
  public Optional<UnpublishedEvents> unpublished() {
    return Optional.of(new MongoUnpublished(documents, this));
  }

  @Override
  public void close() {
    // Sessions are held only within a call; the client is its owner's.
  }

  /** The record, if it is still the lease's. */
  Document owned(Lease lease, @Nullable Document record) {
    if (record == null || !isOf(lease, record)) {
      throw new FencedException(
          "Pipeline '%s' of %s (token %s) was taken over: %s holds %s."
              .formatted(
                  lease.pipeline(),
                  lease.owner(),
                  lease.token(),
                  describe(),
                  record == null
                      ? "nothing about it any more"
                      : "token " + record.get("token") + " of " + record.get("owner")));
    }
    return record;
  }

  private static boolean isOf(Lease lease, Document record) {
    return record.get("token") instanceof Number token && token.longValue() == lease.token();
  }
}
