package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.Events;
import io.millrace.cdc.testkit.contract.TargetContract;
import io.millrace.cdc.testkit.contract.TargetHarness;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bson.BsonType;
import org.bson.Document;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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

  @Test
  void what_is_refused_and_too_large_to_be_kept_stops_the_applier_and_is_not_lost()
      throws Exception {
    Events items = events("item");
    items.send(
        items.created(1, "name", "fits", "amount", 1, "note", "n"),
        items.created(2, "name", "large", "amount", 1, "note", "x".repeat(17 << 20)),
        items.created(3, "name", "behind", "amount", 1, "note", "n"));
    Harness harness = new Harness(database, client);
    Applier applier = start(harness.itemTarget());
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (applier.status().state() != ApplierState.FAILED) {
      assertTrue(System.nanoTime() < deadline, () -> applier.status().toString());
      Thread.sleep(20);
    }
    String error = applier.status().lastError().orElse("");
    assertTrue(error.contains("item/2") && error.contains("more than 16 MB"), error);
    assertEquals("", harness.items());
    caughtUp(start(harness.itemTarget("name", "amount")));
    assertEquals(
        "[1, fits, 1.00, null][2, large, 1.00, null][3, behind, 1.00, null]", harness.items());
  }

  /** The fold has a state per key, so the document does not move with what it has besides. */
  @Test
  void a_key_change_of_a_shared_document_makes_another_and_keeps_own_writes() throws Exception {
    database.createCollection("thing");
    MongoSource.builder(client, database.getName())
        .service("shop")
        .capture("thing", c -> c.rename("_id", "id"))
        .build()
        .registration()
        .install();
    Events things = events("thing");
    things.send(things.created(1, "value", "a"), things.created(2, "value", "b"));
    Applier applier =
        start(
            MongoTarget.builder(client, database.getName())
                .shared("thing", "thing", m -> m.rename("id", "_id").fields("value"))
                .build());
    caughtUp(applier);
    MongoCollection<Document> documents = database.getCollection("thing");
    documents.updateOne(Filters.eq("_id", 1L), Updates.set("own", "o"));
    documents.updateOne(Filters.eq("_id", 2L), Updates.set("value", "mine"));
    things.send(things.moved(1, 11, "value", "c").toArray(ChangeEvent[]::new));
    things.send(things.moved(2, 12, "value", "d").toArray(ChangeEvent[]::new));
    ApplierStatus status = caughtUp(applier);
    assertEquals(6, status.applied());
    assertEquals(
        List.of("2 mine null", "11 c null", "12 d null"),
        documents
            .find()
            .sort(Sorts.ascending("_id"))
            .map(d -> d.get("_id") + " " + d.get("value") + " " + d.get("own"))
            .into(new ArrayList<>()));
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
      return itemTarget("name", "amount", "note");
    }

    Target itemTarget(String... fields) {
      return target()
          .mirror(
              "item",
              "item",
              m -> m.rename("id", "_id").fields(fields).as("amount", BsonType.DECIMAL128))
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
