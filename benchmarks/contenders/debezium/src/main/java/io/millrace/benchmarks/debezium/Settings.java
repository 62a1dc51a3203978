package io.millrace.benchmarks.debezium;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import java.nio.file.Path;
import java.util.Properties;
import org.bson.Document;

/** The engine's properties for a job. */
final class Settings {
  static final String PUBLICATION = "benchmark";
  static final String PREFIX = "shop";

  private Settings() {}

  /**
   * For one run of the engine. On MySQL it finds an offset, but no history of the schema, which it
   * makes anew.
   *
   * @param run names it, its files and its replication slot
   */
  static Properties of(Job job, String run) {
    Place place = job.from();
    Properties settings = new Properties();
    settings.setProperty("name", run);
    settings.setProperty("topic.prefix", PREFIX);
    settings.setProperty(
        "offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    settings.setProperty("offset.storage.file.filename", offsets(job, run).toString());
    settings.setProperty("offset.flush.interval.ms", "60000");
    settings.setProperty("converter.schemas.enable", "false");
    if (job.style() != Style.AS_SHIPPED) {
      settings.setProperty("poll.interval.ms", "1");
      settings.setProperty("max.batch.size", "8192");
      settings.setProperty("max.queue.size", "32768");
      settings.setProperty("tombstones.on.delete", "false");
      settings.setProperty("provide.transaction.metadata", "false");
    }
    if (place.url().startsWith("mongodb:")) {
      mongo(settings, job);
    } else {
      settings.setProperty("database.hostname", place.host());
      settings.setProperty("database.port", Integer.toString(place.port()));
      settings.setProperty("database.user", place.user());
      settings.setProperty("database.password", place.password());
      if (place.url().startsWith("jdbc:postgresql:")) {
        postgres(settings, job, run);
      } else {
        mySql(settings, job, run);
      }
    }
    return settings;
  }

  /** The file that a run keeps its offset in. */
  static Path offsets(Job job, String run) {
    return job.directory().resolve("offsets-" + run);
  }

  private static void mySql(Properties settings, Job job, String run) {
    Place place = job.from();
    settings.setProperty("connector.class", "io.debezium.connector.mysql.MySqlConnector");
    settings.setProperty("database.server.id", "88888");
    settings.setProperty("database.ssl.mode", "disabled");
    settings.setProperty("database.include.list", place.database());
    settings.setProperty("table.include.list", place.database() + "." + job.table());
    settings.setProperty("include.schema.changes", "false");
    settings.setProperty("snapshot.mode", "recovery");
    settings.setProperty("snapshot.locking.mode", "none");
    settings.setProperty(
        "schema.history.internal", "io.debezium.storage.file.history.FileSchemaHistory");
    settings.setProperty(
        "schema.history.internal.file.filename",
        job.directory().resolve("history-" + run).toString());
  }

  private static void postgres(Properties settings, Job job, String run) {
    settings.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    settings.setProperty("database.dbname", job.from().database());
    settings.setProperty("table.include.list", "public." + job.table());
    settings.setProperty("plugin.name", "pgoutput");
    settings.setProperty("publication.name", PUBLICATION);
    settings.setProperty("publication.autocreate.mode", "disabled");
    settings.setProperty("slot.name", run);
    settings.setProperty("slot.drop.on.stop", "false");
    settings.setProperty("snapshot.mode", "no_data");
  }

  private static void mongo(Properties settings, Job job) {
    settings.setProperty("connector.class", "io.debezium.connector.mongodb.MongoDbConnector");
    settings.setProperty("mongodb.connection.string", withReplicaSet(job.from()));
    settings.setProperty("database.include.list", job.from().database());
    settings.setProperty("collection.include.list", job.from().database() + "." + job.table());
    if (job.style() != Style.AS_SHIPPED) {
      settings.setProperty("poll.interval.ms", "2"); // with less the stream does not start
    }
    settings.setProperty("capture.mode", "change_streams_update_full");
    settings.setProperty("snapshot.mode", "no_data");
  }

  /** The address, with the replica set's name, which the engine asks for. */
  private static String withReplicaSet(Place place) {
    if (place.url().contains("replicaSet=")) {
      return place.url();
    }
    try (MongoClient client = MongoClients.create(place.url())) {
      String name =
          client.getDatabase("admin").runCommand(new Document("isMaster", 1)).getString("setName");
      return "mongodb://" + place.host() + ":" + place.port() + "/?replicaSet=" + name;
    }
  }
}
