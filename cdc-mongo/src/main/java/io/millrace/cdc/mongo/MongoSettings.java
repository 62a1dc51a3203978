package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.outbox.CapturedStates;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What {@link MongoSource.Builder} collected, checked.
 *
 * @param outbox whose states must not be appended; empty where the outbox is not read
 */
record MongoSettings(
    MongoClient client,
    String database,
    String service,
    List<CapturedCollection> collections,
    Optional<CapturedStates> outbox,
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
