package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCluster;
import com.mongodb.client.MongoDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.bson.BsonSerializationException;
import org.bson.Document;

/**
 * The database that is written.
 *
 * @param cluster the client with a limit for every wait
 */
record TargetSite(
    MongoClient client,
    MongoCluster cluster,
    String database,
    Duration timeout,
    Clock clock,
    RandomGenerator random) {
  private static final long PING_SECONDS = 5;

  static TargetSite of(
      MongoClient client, String database, Duration timeout, Clock clock, RandomGenerator random) {
    MongoCluster cluster = client.withTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
    return new TargetSite(client, cluster, database, timeout, clock, random);
  }

  MongoDatabase admin() {
    return cluster.getDatabase("admin");
  }

  /** Whether the server answers soon. */
  boolean answers() {
    try {
      client
          .getDatabase(database)
          .withTimeout(PING_SECONDS, TimeUnit.SECONDS)
          .runCommand(new Document("ping", 1));
      return true;
    } catch (MongoException e) {
      return false;
    }
  }

  /** For use within a transaction, which has its own concerns and its own limit. */
  MongoDatabase inTransaction() {
    return client.getDatabase(database);
  }

  /** For reads before a transaction, which are made again in it. */
  MongoDatabase outside() {
    return cluster.getDatabase(database).withReadPreference(ReadPreference.primary());
  }

  /** For use outside of a transaction: sees and makes what cannot be taken back. */
  MongoDatabase durable() {
    return cluster
        .getDatabase(database)
        .withReadPreference(ReadPreference.primary())
        .withReadConcern(ReadConcern.MAJORITY)
        .withWriteConcern(WriteConcern.MAJORITY);
  }

  /** Runs a call; what it throws says what was tried. */
  <T> T call(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (MongoException | BsonSerializationException e) {
      throw TargetErrors.translate(this, what, e);
    }
  }

  @Override
  public String toString() {
    return "MongoDB " + client.getClusterDescription().getShortDescription() + " " + database;
  }
}
