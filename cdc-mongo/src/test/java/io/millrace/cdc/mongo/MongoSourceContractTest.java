package io.millrace.cdc.mongo;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.SourceContract;
import io.millrace.cdc.testkit.contract.SourceHarness;
import io.millrace.cdc.testkit.contract.SourceWriter;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.bson.types.Decimal128;
import org.jspecify.annotations.Nullable;

@NeedsServer(ServerKind.MONGO)
final class MongoSourceContractTest extends SourceContract {
  @Override
  protected SourceHarness newHarness() {
    MongoServer server = MongoServer.shared();
    MongoDatabase database = server.createDatabase("contract");
    database.createCollection("item");
    database.createCollection("other");
    source(server.client(), database.getName(), Set.of("item", "other")).registration().install();
    return new Harness(server, database);
  }

  private static MongoSource source(MongoClient client, String database, Set<String> entities) {
    MongoSource.Builder builder = MongoSource.builder(client, database).service("contract");
    entities.forEach(entity -> builder.capture(entity, c -> c.rename("_id", "id")));
    return builder.build();
  }

  private record Harness(MongoServer server, MongoDatabase database) implements SourceHarness {
    @Override
    public SourceWriter writer() {
      return new Writer(server.client().startSession(), database);
    }

    @Override
    public boolean knowsOldState() {
      return false;
    }

    @Override
    public boolean knowsExactState() {
      return false;
    }

    @Override
    public boolean changesKeys() {
      return false;
    }

    @Override
    public boolean hasSavepoints() {
      return false;
    }

    @Override
    public Source source(Set<String> entities) {
      return MongoSourceContractTest.source(server.client(), database.getName(), entities);
    }

    @Override
    public void close() {
      database.drop();
    }
  }

  private record Writer(ClientSession session, MongoDatabase database) implements SourceWriter {
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
    public void close() {
      session.close();
    }
  }
}
