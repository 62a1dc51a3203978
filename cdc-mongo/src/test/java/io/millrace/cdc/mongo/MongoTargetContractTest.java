package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.TargetContract;
import io.millrace.cdc.testkit.contract.TargetHarness;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bson.BsonType;
import org.bson.Document;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.AfterEach;

/** MongoDB keeps the targets' contract. */
@NeedsServer(ServerKind.MONGO)
final class MongoTargetContractTest extends TargetContract {
  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("target");
  private final NetworkProxy proxy = NetworkProxy.to(server.host(), server.port());
  private final MongoClient client =
      MongoClients.create("mongodb://" + proxy.address() + "/?directConnection=true");

  @Override
  protected TargetHarness harness() {
    return new Harness(database, client);
  }

  @Override
  protected void cutConnections() {
    proxy.cut();
  }

  @AfterEach
  void drop() {
    client.close();
    proxy.close();
    database.drop();
  }

  private record Harness(MongoDatabase database, MongoClient client) implements TargetHarness {
    private MongoTarget.Builder target() {
      return MongoTarget.builder(client, database.getName());
    }

    private void validate(String collection, String schema) {
      database.runCommand(
          new Document("collMod", collection).append("validator", Document.parse(schema)));
    }

    @Override
    public void createItems() {
      database.createCollection("item");
      validate("item", "{$jsonSchema: {properties: {name: {maxLength: 20}}}}");
    }

    @Override
    public Target itemTarget() {
      return target()
          .mirror(
              "item",
              "item",
              m ->
                  m.rename("id", "_id")
                      .fields("name", "amount", "note")
                      .as("amount", BsonType.DECIMAL128))
          .build();
    }

    @Override
    public String items() {
      StringBuilder text = new StringBuilder();
      for (Document item : database.getCollection("item").find().sort(Sorts.ascending("_id"))) {
        Decimal128 amount = item.get("amount", Decimal128.class);
        text.append("[")
            .append(item.get("_id"))
            .append(", ")
            .append(item.get("name"))
            .append(", ")
            .append(
                amount == null
                    ? "null"
                    : amount.bigDecimalValue().setScale(2, RoundingMode.UNNECESSARY))
            .append(", ")
            .append(item.get("note"))
            .append("]");
      }
      return text.toString();
    }

    @Override
    public void putItem(long id, String name, String amount, String note) {
      database
          .getCollection("item")
          .insertOne(
              new Document("_id", id)
                  .append("name", name)
                  .append("amount", new Decimal128(new BigDecimal(amount)))
                  .append("note", note));
    }

    @Override
    public void removeItems() {
      database.getCollection("item").deleteMany(new Document());
    }

    @Override
    public void widenNames() {
      validate("item", "{$jsonSchema: {properties: {name: {maxLength: 50}}}}");
    }

    @Override
    public void moveOffset(long next) {
      database
          .getCollection("millrace_applier_offset")
          .updateMany(new Document(), Updates.set("next", next));
    }

    @Override
    public void createAccounts(boolean optionalEmail) {
      database.createCollection("account");
      validate("account", "{$jsonSchema: {required: ['name']}}");
      for (String field : List.of("email", "nr")) {
        database
            .getCollection("account")
            .createIndex(Indexes.ascending(field), new IndexOptions().unique(true));
      }
    }

    @Override
    public Target accountTarget() {
      return target().mirror("account", "account").build();
    }

    @Override
    public String accounts() {
      List<String> rows = new ArrayList<>();
      for (Document row : database.getCollection("account").find().sort(Sorts.ascending("_id"))) {
        rows.add(
            "[%s, %s, %s, %s]"
                .formatted(row.get("_id"), row.get("email"), row.get("nr"), row.get("name")));
      }
      return rows.toString();
    }

    @Override
    public Target handling(String entity, Consumer<ChangeEvent> handler) {
      return target().handle(entity, handler).build();
    }
  }
}
