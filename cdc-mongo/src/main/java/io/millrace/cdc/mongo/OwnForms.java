package io.millrace.cdc.mongo;

import com.mongodb.client.model.Filters;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonMaxKey;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;

/**
 * How the documents of this library's collections look; stored durably, so the forms only grow.
 *
 * <p>Ledger: one document per key, {@code {_id: {a: applier, e: entity, i: id}, mark, format, logs:
 * {log: {v: version in hexadecimal digits, d: deleted, h: hops, at}}, fold: {s: shadow, d, h,
 * at}}}. A log's name has its dots, dollars and percent signs escaped ({@code %2E}). The version
 * comes first in its entry, and an entry that was written unread has a time only where it is
 * deleted ({@link LedgerForm#raise}); nor does {@code mark} rise with each of those.
 */
final class OwnForms {
  static final int FORMAT = 1;

  /** Of what a document keeps of an event: it has at most 16 MB, with what is not counted. */
  static final long MOST_BYTES = (16L << 20) - (64 << 10);

  private static final long MOST_BYTES_OF_A_CHARACTER = 3;
  private static final long HEADER_BYTES = 32;
  static final String FOLD = "fold";
  static final String SHADOW = "s";
  static final String VERSION = "v";
  static final String DELETED = "d";
  static final String HOPS = "h";
  static final String AT = "at";

  private OwnForms() {}

  static BsonDocument key(String applier, EntityKey key) {
    return new BsonDocument("a", new BsonString(applier))
        .append("e", new BsonString(key.entity()))
        .append("i", new BsonString(key.id()));
  }

  static EntityKey key(BsonDocument id) {
    return new EntityKey(id.getString("e").getValue(), id.getString("i").getValue());
  }

  /** All ledger documents of an entity, by the order of their ids. */
  static Bson ofEntity(String applier, String entity) {
    BsonDocument end =
        new BsonDocument("a", new BsonString(applier))
            .append("e", new BsonString(entity))
            .append("i", new BsonMaxKey());
    return Filters.and(
        Filters.gte("_id", key(applier, new EntityKey(entity, ""))), Filters.lt("_id", end));
  }

  /** Everything that the ledger has of an entity whose ids begin with those of a parent. */
  static Bson beneath(String applier, String entity, String parent) {
    return Filters.and(
        Filters.gte("_id", key(applier, new EntityKey(entity, parent + ","))),
        Filters.lt("_id", key(applier, new EntityKey(entity, parent + "-")))); // '-' follows ','
  }

  static BsonDocument partition(String applier, Channel channel, int partition) {
    return channel(applier, channel).append("p", new BsonInt32(partition));
  }

  static BsonDocument offset(BsonDocument id, Channel channel, long next, BsonDateTime at) {
    return new BsonDocument("_id", id)
        .append("next", new BsonInt64(next))
        .append("incarnation", new BsonString(channel.incarnation()))
        .append("partitions", new BsonInt32(channel.partitions()))
        .append("turn", new BsonInt64(0))
        .append("at", at)
        .append("format", new BsonInt32(FORMAT));
  }

  static BsonDocument heartbeat(String applier, Channel channel, String log, int partition) {
    return channel(applier, channel)
        .append("l", new BsonString(log))
        .append("p", new BsonInt32(partition));
  }

  static BsonDocument channel(String applier, Channel channel) {
    return new BsonDocument("a", new BsonString(applier))
        .append("t", new BsonString(channel.transport()))
        .append("c", new BsonString(channel.name()));
  }

  /** Where the entry of a log stands in its key's document. */
  static String place(String log) {
    return log.equals(LedgerEntry.FOLD_LOG)
        ? FOLD
        : "logs." + log.replace("%", "%25").replace(".", "%2E").replace("$", "%24");
  }

  /** The log that an escaped name stands for. */
  static String log(String escaped) {
    return escaped.replace("%24", "$").replace("%2E", ".").replace("%25", "%");
  }

  /** The entries of a ledger document, without the fold's. */
  static Map<String, BsonDocument> logs(BsonDocument row) {
    Map<String, BsonDocument> logs = new HashMap<>(4);
    row.getDocument("logs", new BsonDocument())
        .forEach((name, entry) -> logs.put(log(name), entry.asDocument()));
    return logs;
  }

  /** About how large the document of a held event is. */
  static long bytes(HeldEvent event) {
    Delivery delivery = event.delivery();
    long texts =
        (long) event.key().id().length() + delivery.routingKey().length() + event.error().length();
    for (Map.Entry<String, String> header : delivery.event().headers().entrySet()) {
      texts += HEADER_BYTES + header.getKey().length() + header.getValue().length();
    }
    return delivery.event().body().length + MOST_BYTES_OF_A_CHARACTER * texts;
  }

  static BsonDocument held(String applier, HeldEvent event) {
    Delivery delivery = event.delivery();
    BsonArray headers = new BsonArray();
    new TreeMap<>(delivery.event().headers())
        .forEach(
            (name, value) ->
                headers.add(
                    new BsonDocument("n", new BsonString(name))
                        .append("v", new BsonString(value))));
    return new BsonDocument(
            "_id", key(applier, event.key()).append("o", new BsonInt64(delivery.offset())))
        .append("partition", new BsonInt32(delivery.partition()))
        .append("routing_key", new BsonString(delivery.routingKey()))
        .append("body", new BsonBinary(delivery.event().body()))
        .append("headers", headers)
        .append("error", new BsonString(event.error()))
        .append("attempts", new BsonInt32(event.attempts()))
        .append("held_since", new BsonDateTime(event.heldSinceMillis()))
        .append("parked", BsonBoolean.valueOf(event.parked()))
        .append("format", new BsonInt32(FORMAT));
  }

  static HeldEvent held(BsonDocument row) {
    check(OwnCollections.HELD, row);
    Map<String, String> headers = new HashMap<>();
    for (BsonValue header : row.getArray("headers")) {
      headers.put(
          header.asDocument().getString("n").getValue(),
          header.asDocument().getString("v").getValue());
    }
    BsonDocument id = row.getDocument("_id");
    Delivery delivery =
        new Delivery(
            row.getInt32("partition").getValue(),
            id.getInt64("o").getValue(),
            row.getString("routing_key").getValue(),
            new Encoded(row.getBinary("body").getData(), headers));
    return new HeldEvent(
        key(id),
        delivery,
        row.getString("error").getValue(),
        row.getInt32("attempts").getValue(),
        row.getDateTime("held_since").getValue(),
        row.getBoolean("parked").getValue());
  }

  static void check(String collection, BsonDocument row) {
    check(collection, row.getInt32("format").getValue());
  }

  static void check(String collection, int format) {
    if (format != FORMAT) {
      throw new ApplyException(
          "Collection %s has a document of format %s; this release reads format %s. Run the release that wrote it, or a newer one."
              .formatted(collection, format, FORMAT));
    }
  }
}
