package io.millrace.cdc.mongo;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.testkit.contract.OutboxWriter;
import java.math.BigDecimal;
import java.util.Map;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.bson.types.Decimal128;
import org.jspecify.annotations.Nullable;

/** Writes to the contracts' collections, in a session's transactions. */
record DocumentWriter(ClientSession session, MongoDatabase database, MongoOutbox outbox)
    implements OutboxWriter {
  private MongoCollection<Document> collection(String entity) {
    return database.getCollection(entity);
  }

  private static @Nullable Object value(@Nullable Object value) {
    return value instanceof BigDecimal decimal ? new Decimal128(decimal) : value;
  }

  @Override
  public void begin() {
    session.startTransaction();
  }

  @Override
  public void commit() {
    session.commitTransaction();
  }

  @Override
  public void rollback() {
    session.abortTransaction();
  }

  @Override
  public void insert(String entity, long id, Map<String, ?> fields) {
    Document document = new Document("_id", id);
    fields.forEach((name, value) -> document.append(name, value(value)));
    collection(entity).insertOne(session, document);
  }

  @Override
  public void set(String entity, long id, Map<String, ?> fields) {
    Document set = new Document();
    fields.forEach((name, value) -> set.append(name, value(value)));
    update(entity, id, new Document("$set", set));
  }

  @Override
  public void increment(String entity, long id, String field) {
    update(entity, id, Updates.inc(field, new Decimal128(1)));
  }

  private void update(String entity, long id, Bson update) {
    collection(entity).updateOne(session, Filters.eq("_id", id), update);
  }

  @Override
  public void delete(String entity, long id) {
    collection(entity).deleteOne(session, Filters.eq("_id", id));
  }

  @Override
  public void append(EntityEvent event) {
    outbox.append(session, event);
  }

  @Override
  public void close() {
    session.close();
  }
}
