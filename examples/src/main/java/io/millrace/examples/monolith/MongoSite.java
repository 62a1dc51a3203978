package io.millrace.examples.monolith;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.testkit.MongoServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * The monolith on MongoDB: an order is one document with its lines, a customer's address for mail
 * lies in a nested one.
 */
final class MongoSite implements Site {
  private final MongoServer server;
  private final MongoDatabase database;
  private final Random random;

  MongoSite(MongoServer server, long seed) {
    this.server = server;
    this.database = server.createDatabase("shop");
    this.random = new Random(seed);
  }

  /** The database of the application. */
  MongoDatabase database() {
    return database;
  }

  @Override
  public String side() {
    return "monolith";
  }

  @Override
  public String label() {
    return "MongoDB " + server.version();
  }

  @Override
  public void create() {
    ShopDocuments.COLLECTIONS.forEach(database::createCollection);
  }

  @Override
  public synchronized Session open() {
    MongoClient client = server.client();
    return new MongoSession(side(), database, client.startSession(), new Random(random.nextLong()));
  }

  @Override
  public Map<String, Map<String, Map<String, @Nullable String>>> read() {
    Map<String, Map<String, @Nullable String>> customers = new LinkedHashMap<>();
    Map<String, Map<String, @Nullable String>> orders = new LinkedHashMap<>();
    Map<String, Map<String, @Nullable String>> lines = new LinkedHashMap<>();
    for (Document document : database.getCollection(ShopDocuments.CUSTOMERS).find()) {
      Map<String, @Nullable String> row = ShopDocuments.customer(document);
      customers.put(String.valueOf(row.get("id")), row);
    }
    for (Document document : database.getCollection(ShopDocuments.ORDERS).find()) {
      Map<String, @Nullable String> row = ShopDocuments.order(document);
      orders.put(String.valueOf(row.get("id")), row);
      for (Document line : ShopDocuments.lines(document)) {
        Map<String, @Nullable String> fields =
            ShopDocuments.line(String.valueOf(row.get("id")), line);
        lines.put(fields.get("order_id") + "," + fields.get("line"), fields);
      }
    }
    return Map.of("customer", customers, "order", orders, "order_line", lines);
  }

  @Override
  public boolean looksUp() {
    return true;
  }

  @Override
  public List<String> endpoint() {
    return List.of(
        server.host(),
        Integer.toString(server.port()),
        database.getName(),
        server.connectionString(),
        "");
  }

  @Override
  public String password() {
    return ""; // stands in the connection string where there is one
  }

  @Override
  public Map<String, Long> sizes() {
    Map<String, Long> sizes = new TreeMap<>();
    Document status =
        server.client().getDatabase("admin").runCommand(new Document("serverStatus", 1));
    sizes.put("sessions", status.getEmbedded(List.of("connections", "current"), 0).longValue());
    sizes.put(
        "rows",
        ShopDocuments.COLLECTIONS.stream()
            .mapToLong(name -> database.getCollection(name).countDocuments())
            .sum());
    sizes.put("ledger", database.getCollection("millrace_ledger").countDocuments());
    return sizes;
  }
}
