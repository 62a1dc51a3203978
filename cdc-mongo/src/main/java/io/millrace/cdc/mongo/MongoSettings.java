package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/** What {@link MongoSource.Builder} collected, checked. */
record MongoSettings(
    MongoClient client,
    String database,
    String service,
    List<CapturedCollection> collections,
    boolean outbox,
    Duration outage,
    Clock clock,
    RandomGenerator random) {

  MongoDatabase db() {
    return client.getDatabase(database);
  }

  MongoDatabase admin() {
    return client.getDatabase("admin");
  }

  /** Server and database in messages. */
  String address() {
    return "MongoDB " + client.getClusterDescription().getShortDescription() + " " + database;
  }
}
