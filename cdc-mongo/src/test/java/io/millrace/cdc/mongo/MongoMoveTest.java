package io.millrace.cdc.mongo;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.MoveContract;
import io.millrace.cdc.testkit.contract.MoveHarness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.bson.BsonType;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;

/**
 * Rows whose key changes in an SQL source, on MongoDB, where no {@code _id} changes: the document
 * is written anew, with what lies in it.
 */
@NeedsServer(ServerKind.MONGO)
final class MongoMoveTest extends MoveContract {
  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("moves");

  @Override
  protected MoveHarness harness() {
    return new Harness(server, database);
  }

  @AfterEach
  void drop() {
    database.drop();
  }

  private static final class Harness implements MoveHarness {
    private final MongoServer server;
    private final MongoDatabase database;
    private BsonType type = BsonType.INT32;

    Harness(MongoServer server, MongoDatabase database) {
      this.server = server;
      this.database = database;
    }

    private MongoCollection<Document> documents() {
      return database.getCollection("thing");
    }

    @Override
    public void create() {
      database.createCollection("thing");
    }

    @Override
    public Target target() {
      return MongoTarget.builder(server.client(), database.getName())
          .mirror("thing", "thing", m -> m.rename("id", "_id").fields("value").as("value", type))
          .build();
    }

    @Override
    public List<List<Object>> things() {
      List<List<Object>> things = new ArrayList<>();
      for (Document thing : documents().find().sort(Sorts.ascending("_id"))) {
        things.add(Arrays.asList(thing.get("_id"), thing.get("value"), thing.get("own")));
      }
      return things;
    }

    @Override
    public void put(long id, long value, String own) {
      documents()
          .insertOne(new Document("_id", id).append("value", (int) value).append("own", own));
    }

    @Override
    public void setOwn(long id, String own) {
      documents().updateOne(Filters.eq("_id", id), Updates.set("own", own));
    }

    @Override
    public List<List<Object>> children(Child child) {
      List<List<Object>> children = new ArrayList<>();
      for (Document thing : documents().find()) {
        for (Document of : thing.getList(child.name(), Document.class, List.of())) {
          children.add(List.of(of.get("id"), thing.get("_id"), of.get("note")));
        }
      }
      children.sort(Comparator.comparing(row -> (Long) row.get(0)));
      return children;
    }

    @Override
    public void putChild(Child child, long id, long thing, String note) {
      documents()
          .updateOne(
              Filters.eq("_id", thing),
              Updates.push(child.name(), new Document("id", id).append("note", note)));
    }

    @Override
    public void widenValue() {
      type = BsonType.INT64;
    }

    @Override
    public List<List<Object>> ledger() {
      List<List<Object>> known = new ArrayList<>();
      for (Document row : database.getCollection(OwnCollections.LEDGER).find()) {
        for (Object log : row.get("logs", new Document()).values()) {
          String id = row.get("_id", new Document()).getString("i");
          known.add(List.of(id, ((Document) log).getBoolean("d") ? 2 : 1));
        }
      }
      known.sort(Comparator.comparing(row -> (String) row.get(0)));
      return known;
    }

    @Override
    public long held() {
      return database.getCollection(OwnCollections.HELD).countDocuments();
    }

    @Override
    public void clear() {
      for (String name :
          List.of("thing", OwnCollections.LEDGER, OwnCollections.OFFSETS, OwnCollections.HELD)) {
        database.getCollection(name).deleteMany(new Document());
      }
    }
  }
}
