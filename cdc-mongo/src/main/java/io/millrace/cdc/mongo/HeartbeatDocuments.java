package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.ReplaceOptions;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * The collection {@code millrace_heartbeat}, whose changes the reader meets in the change stream:
 * the newest heartbeat of each pipeline, times in microseconds since the epoch. Whoever takes a
 * pipeline away for good deletes its document here and in {@code millrace_reader}.
 */
final class HeartbeatDocuments {
  static final String COLLECTION = "millrace_heartbeat";

  private static final int UNAUTHORIZED = 13;
  private static final int TIMEOUT_SECONDS = 10;
  private static final String ACKNOWLEDGED = "acknowledged";
  private static final String ACKNOWLEDGED_AT = "acknowledged_at";
  private static final String OF_ALL = "log_acknowledged";
  private static final String OF_ALL_AT = "log_acknowledged_at";

  private final MongoSettings settings;

  HeartbeatDocuments(MongoSettings settings) {
    this.settings = settings;
  }

  private MongoCollection<Document> collection(String name) {
    return settings
        .db()
        .getCollection(name)
        .withWriteConcern(WriteConcern.MAJORITY)
        .withTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  /** Writes a heartbeat; false where the user may not. */
  boolean write(Heartbeat heartbeat) {
    return MongoErrors.call(
        settings,
        "write the heartbeat of pipeline " + heartbeat.pipeline(),
        () -> {
          try {
            replace(heartbeat);
            return true;
          } catch (MongoException e) {
            if (e.getCode() == UNAUTHORIZED) {
              return false;
            }
            throw e;
          }
        });
  }

  private void replace(Heartbeat heartbeat) {
    Document document =
        new Document("_id", heartbeat.pipeline())
            .append("log", new MongoRegistration(settings).get().log())
            .append("counter", heartbeat.counter())
            .append("written_at", micros(heartbeat.writtenAt()));
    heartbeat.acknowledged().ifPresent(mark -> put(document, ACKNOWLEDGED, ACKNOWLEDGED_AT, mark));
    ofAll(heartbeat).ifPresent(mark -> put(document, OF_ALL, OF_ALL_AT, mark));
    collection(COLLECTION)
        .replaceOne(
            Filters.eq("_id", heartbeat.pipeline()), document, new ReplaceOptions().upsert(true));
  }

  private static void put(Document document, String version, String at, Heartbeat.Mark mark) {
    document.append(version, mark.version().toHex()).append(at, micros(mark.writtenAt()));
  }

  /** What every pipeline of this log has passed; empty where one has not said. */
  private Optional<Heartbeat.Mark> ofAll(Heartbeat heartbeat) {
    if (heartbeat.acknowledged().isEmpty()) {
      return Optional.empty();
    }
    Version version = heartbeat.acknowledged().get().version();
    Instant at = heartbeat.acknowledged().get().writtenAt();
    for (Document reader : collection(MongoRegistration.READERS).find()) {
      String pipeline = reader.getString("_id");
      if (pipeline.equals(heartbeat.pipeline())) {
        continue;
      }
      Document other = collection(COLLECTION).find(Filters.eq("_id", pipeline)).first();
      String acknowledged = other == null ? null : other.getString(ACKNOWLEDGED);
      if (other == null || acknowledged == null) {
        return Optional.empty();
      }
      Version theirs = Version.fromHex(acknowledged);
      version = theirs.compareTo(version) < 0 ? theirs : version;
      Instant theirAt = instant(other.getLong(ACKNOWLEDGED_AT));
      at = theirAt.isBefore(at) ? theirAt : at;
    }
    return Optional.of(new Heartbeat.Mark(version, at));
  }

  /** What a document in the stream says; empty where it is another pipeline's, or another log's. */
  static Optional<Heartbeat> read(Row document, String pipeline, String log) {
    if (!text(document.get("_id")).equals(pipeline) || !text(document.get("log")).equals(log)) {
      return Optional.empty();
    }
    String acknowledged = text(document.get(OF_ALL));
    return Optional.of(
        new Heartbeat(
            pipeline,
            number(document.get("counter")),
            instant(number(document.get("written_at"))),
            acknowledged.isEmpty()
                ? Optional.empty()
                : Optional.of(
                    new Heartbeat.Mark(
                        Version.fromHex(acknowledged), instant(number(document.get(OF_ALL_AT)))))));
  }

  private static String text(@Nullable Value value) {
    return value instanceof Value.StringValue text ? text.value() : "";
  }

  private static long number(@Nullable Value value) {
    return value instanceof Value.Int64Value number ? number.value() : 0;
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
