package io.millrace.cdc.mongo;

import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.outbox.CapturedStates;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bson.codecs.configuration.CodecRegistries;

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

  /** For what this library keeps there: the primary's answers, whatever the client prefers. */
  MongoDatabase db() {
    return client.getDatabase(database).withReadPreference(ReadPreference.primary());
  }

  /** For change streams: read where the client prefers to, with the only concern they allow. */
  MongoDatabase watched() {
    MongoDatabase named = client.getDatabase(database).withReadConcern(ReadConcern.MAJORITY);
    return named.withCodecRegistry(
        CodecRegistries.fromRegistries(
            CodecRegistries.fromCodecs(new ChangeCodec()), named.getCodecRegistry()));
  }

  MongoDatabase admin() {
    return client.getDatabase("admin");
  }

  /** Server and database in messages. */
  String address() {
    return "MongoDB " + client.getClusterDescription().getShortDescription() + " " + database;
  }
}
