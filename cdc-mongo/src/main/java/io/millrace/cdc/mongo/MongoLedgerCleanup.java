package io.millrace.cdc.mongo;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerStretch;
import io.millrace.cdc.transport.Channel;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonMaxKey;
import org.bson.BsonString;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * Removes the ledger's documents of deleted keys that no older event can come for any more; the
 * rule stands in docs/adr/0010. Each is removed by itself, if it is still as it was judged.
 */
final class MongoLedgerCleanup {
  private static final int KEYS_PER_STEP = 1_000;

  private final String applier;
  private final TargetSite site;

  MongoLedgerCleanup(String applier, TargetSite site) {
    this.applier = applier;
    this.site = site;
  }

  /** Up to where every pipeline of a log has passed, seen through every partition. */
  private record Passed(String version, Instant at) {
    Passed least(Passed other) {
      return new Passed(
          version.compareTo(other.version) <= 0 ? version : other.version,
          at.isBefore(other.at) ? at : other.at);
    }
  }

  private MongoCollection<BsonDocument> collection(String name) {
    return site.durable().getCollection(name, BsonDocument.class);
  }

  /** One step. */
  LedgerStretch step(Channel channel, @Nullable EntityKey from, Duration retention, Instant now) {
    Map<String, Passed> passed = passed(channel);
    if (passed.isEmpty()) {
      return LedgerStretch.end();
    }
    List<BsonDocument> stretch =
        collection(OwnCollections.LEDGER)
            .find(after(from))
            .sort(Sorts.ascending("_id"))
            .limit(KEYS_PER_STEP)
            .projection(new BsonDocument(OwnForms.FOLD + "." + OwnForms.SHADOW, new BsonInt32(0)))
            .into(new ArrayList<>());
    List<BsonDocument> going = new ArrayList<>();
    for (BsonDocument row : stretch) {
      OwnForms.check(OwnCollections.LEDGER, row);
      if (isDeleted(row) && isPast(row, passed, now.minus(retention), retention)) {
        going.add(row);
      }
    }
    int removed = remove(going);
    return new LedgerStretch(
        removed,
        stretch.size() < KEYS_PER_STEP
            ? Optional.empty()
            : Optional.of(OwnForms.key(stretch.get(stretch.size() - 1).getDocument("_id"))));
  }

  private Bson after(@Nullable EntityKey from) {
    EntityKey start = from == null ? new EntityKey("", "") : from;
    BsonDocument end =
        new BsonDocument("a", new BsonString(applier))
            .append("e", new BsonMaxKey())
            .append("i", new BsonMaxKey());
    return Filters.and(Filters.gt("_id", OwnForms.key(applier, start)), Filters.lt("_id", end));
  }

  /** By log, where every partition has been heard of and all of them say something. */
  private Map<String, Passed> passed(Channel channel) {
    BsonDocument of = OwnForms.channel(applier, channel);
    Map<String, Passed> passed = new HashMap<>();
    Map<String, Integer> partitions = new HashMap<>();
    Bson heard =
        Filters.and(
            Filters.eq("_id.a", of.get("a")),
            Filters.eq("_id.t", of.get("t")),
            Filters.eq("_id.c", of.get("c")),
            Filters.type("acknowledged", "string"),
            Filters.eq("format", OwnForms.FORMAT));
    for (BsonDocument row : collection(OwnCollections.HEARTBEATS).find(heard)) {
      String log = row.getDocument("_id").getString("l").getValue();
      Passed here =
          new Passed(
              row.getString("acknowledged").getValue(),
              Instant.EPOCH.plus(row.getInt64("acknowledged_at").getValue(), ChronoUnit.MICROS));
      passed.merge(log, here, Passed::least);
      partitions.merge(log, 1, Integer::sum);
    }
    passed.keySet().removeIf(log -> partitions.getOrDefault(log, 0) != channel.partitions());
    return passed;
  }

  /** The fold's word, where there is one, counts more than another's delete. */
  private static boolean isDeleted(BsonDocument row) {
    if (row.containsKey(OwnForms.FOLD)) {
      return row.getDocument(OwnForms.FOLD).getBoolean(OwnForms.DELETED).getValue();
    }
    return OwnForms.logs(row).values().stream()
        .allMatch(entry -> entry.getBoolean(OwnForms.DELETED).getValue());
  }

  private static boolean isPast(
      BsonDocument row, Map<String, Passed> passed, Instant limit, Duration retention) {
    if (row.containsKey(OwnForms.FOLD) && !at(row.getDocument(OwnForms.FOLD)).isBefore(limit)) {
      return false;
    }
    for (Map.Entry<String, BsonDocument> entry : OwnForms.logs(row).entrySet()) {
      if (!entry.getValue().containsKey(OwnForms.AT)) {
        return false; // it is not deleted
      }
      Instant applied = at(entry.getValue());
      Passed log = passed.get(entry.getKey());
      if (log == null
          || !applied.isBefore(limit)
          || !applied.isBefore(log.at().minus(retention))
          || entry.getValue().getString(OwnForms.VERSION).getValue().compareTo(log.version()) > 0) {
        return false;
      }
    }
    return true;
  }

  private static Instant at(BsonDocument entry) {
    return Instant.ofEpochMilli(entry.getDateTime(OwnForms.AT).getValue());
  }

  /** Removes what is still as it was judged, and not held. */
  private int remove(List<BsonDocument> going) {
    if (going.isEmpty()) {
      return 0;
    }
    Set<EntityKey> held = held(going);
    List<WriteModel<BsonDocument>> deletes = new ArrayList<>();
    for (BsonDocument row : going) {
      if (!held.contains(OwnForms.key(row.getDocument("_id")))) {
        deletes.add(
            new DeleteOneModel<>(
                Filters.and(
                    Filters.eq("_id", row.get("_id")),
                    Filters.eq("mark", row.get("mark")),
                    Filters.eq("logs", row.get("logs"))))); // what was not read leaves the mark
      }
    }
    return deletes.isEmpty()
        ? 0
        : collection(OwnCollections.LEDGER)
            .bulkWrite(deletes, new BulkWriteOptions().ordered(false))
            .getDeletedCount();
  }

  private Set<EntityKey> held(List<BsonDocument> rows) {
    List<Bson> any = new ArrayList<>();
    for (BsonDocument row : rows) {
      BsonDocument id = row.getDocument("_id");
      any.add(
          Filters.and(
              Filters.eq("_id.a", id.get("a")),
              Filters.eq("_id.e", id.get("e")),
              Filters.eq("_id.i", id.get("i"))));
    }
    Set<EntityKey> held = new HashSet<>();
    for (BsonDocument waiting :
        collection(OwnCollections.HELD)
            .find(Filters.or(any))
            .projection(new BsonDocument("_id", new BsonInt32(1)))) {
      held.add(OwnForms.key(waiting.getDocument("_id")));
    }
    return held;
  }
}
