package io.millrace.cdc.mongo;

import com.mongodb.client.MongoCollection;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldCount;
import io.millrace.cdc.apply.HeldKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;

/** What waits in the target, as a person and the retries see it: outside of a transaction. */
final class HeldQueries {
  private final String applier;
  private final TargetSite site;

  HeldQueries(String applier, TargetSite site) {
    this.applier = applier;
    this.site = site;
  }

  /** By key, the first event of each with the number of all. */
  private List<BsonDocument> grouped(List<String> stages) {
    List<BsonDocument> pipeline = new ArrayList<>();
    pipeline.add(
        new BsonDocument("$match", new BsonDocument("_id.a", new org.bson.BsonString(applier))));
    stages.forEach(stage -> pipeline.add(BsonDocument.parse(stage)));
    MongoCollection<BsonDocument> held =
        site.durable().getCollection(OwnCollections.HELD, BsonDocument.class);
    return site.call(
        "reading held keys",
        () -> held.aggregate(pipeline).allowDiskUse(true).into(new ArrayList<>()));
  }

  List<HeldKey> keys(int limit, boolean parkedToo) {
    String order = parkedToo ? "" : "attempts: 1, ";
    List<BsonDocument> rows =
        grouped(
            List.of(
                "{$project: {body: 0, headers: 0}}",
                "{$sort: {'_id.a': 1, '_id.e': 1, '_id.i': 1, '_id.o': 1}}",
                "{$group: {_id: {e: '$_id.e', i: '$_id.i'}, partition: {$first: '$partition'}, first: {$first: '$_id.o'},"
                    + " events: {$sum: {$toLong: 1}}, held_since: {$first: '$held_since'}, attempts: {$first: '$attempts'},"
                    + " error: {$first: '$error'}, parked: {$first: '$parked'}, anyParked: {$max: '$parked'}}}",
                parkedToo ? "{$match: {}}" : "{$match: {anyParked: false}}",
                "{$sort: {" + order + "held_since: 1, first: 1}}",
                "{$limit: " + limit + "}"));
    return rows.stream().map(HeldQueries::key).toList();
  }

  private static HeldKey key(BsonDocument row) {
    return new HeldKey(
        new EntityKey(
            row.getDocument("_id").getString("e").getValue(),
            row.getDocument("_id").getString("i").getValue()),
        row.getInt32("partition").getValue(),
        row.getInt64("first").getValue(),
        row.getNumber("events").longValue(),
        Instant.ofEpochMilli(row.getDateTime("held_since").getValue()),
        row.getInt32("attempts").getValue(),
        row.getString("error").getValue(),
        row.getBoolean("parked").getValue());
  }

  HeldCount count() {
    List<BsonDocument> rows =
        grouped(
            List.of(
                "{$group: {_id: {e: '$_id.e', i: '$_id.i'}, events: {$sum: 1}, parked: {$max: '$parked'}}}",
                "{$group: {_id: null, events: {$sum: '$events'}, parked: {$sum: {$cond: ['$parked', 1, 0]}}}}"));
    return rows.isEmpty()
        ? new HeldCount(0, 0)
        : new HeldCount(
            rows.get(0).getNumber("events").longValue(),
            rows.get(0).getNumber("parked").longValue());
  }
}
