package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.bson.BsonSerializationException;

/** The database that is written. */
record TargetSite(
    MongoClient client, String database, Duration timeout, Clock clock, RandomGenerator random) {

  /** For use within a transaction, which has its own concerns. */
  MongoDatabase db() {
    return client.getDatabase(database);
  }

  /** For use outside of a transaction: sees and makes what cannot be taken back. */
  MongoDatabase durable() {
    return db().withReadPreference(ReadPreference.primary())
        .withReadConcern(ReadConcern.MAJORITY)
        .withWriteConcern(majority());
  }

  WriteConcern majority() {
    return WriteConcern.MAJORITY.withWTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
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
