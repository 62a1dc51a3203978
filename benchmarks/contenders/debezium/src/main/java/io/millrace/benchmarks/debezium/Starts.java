package io.millrace.benchmarks.debezium;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Job;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Properties;
import org.bson.BsonTimestamp;
import org.bson.Document;

/**
 * Where an engine begins to read: on MySQL an offset that names the place in the binary log, on
 * PostgreSQL a replication slot, on MongoDB a time of operation.
 */
final class Starts {
  private static final String OPERATION_TIME = "capture.start.op.time";

  private final Job job;
  private final Slots slots;
  private BinlogPlace binlog = BinlogPlace.NONE;
  private long operationTime;

  Starts(Job job) {
    this.job = job;
    this.slots = new Slots(job.from(), job.table());
  }

  private boolean isMongo() {
    return job.from().url().startsWith("mongodb:");
  }

  private boolean isPostgres() {
    return job.from().url().startsWith("jdbc:postgresql:");
  }

  /** The log's end becomes a place from which engines can begin, under this name. */
  void mark(String name) throws SQLException {
    if (isPostgres()) {
      slots.create(name);
    } else if (isMongo()) {
      operationTime = operationTime();
    } else {
      binlog = BinlogPlace.now(job.from());
    }
  }

  /**
   * An engine's settings.
   *
   * @param mark where it begins
   * @param run its own name; the same as the mark's where it is the only one to begin there
   */
  Properties settings(String mark, String run) throws IOException, SQLException {
    Properties settings = Settings.of(job, run);
    if (isMongo()) {
      settings.setProperty(OPERATION_TIME, Long.toString(operationTime));
    } else if (!isPostgres()) {
      binlog.store(Settings.offsets(job, run), run);
    } else if (!mark.equals(run)) {
      slots.copy(mark, run);
    }
    return settings;
  }

  /** An engine is closed and will not come back. */
  void forget(String run) throws SQLException {
    if (isPostgres()) {
      slots.drop(run);
    }
  }

  /** Writes until something arrives. */
  void knock(Arrivals arrivals) throws SQLException, InterruptedException {
    if (!isMongo()) {
      arrivals.knock();
      return;
    }
    try (MongoClient client = MongoClients.create(job.from().url())) {
      MongoCollection<Document> documents =
          client.getDatabase(job.from().database()).getCollection(job.table());
      arrivals.knock(id -> documents.insertOne(new Document("_id", id)));
    }
  }

  /** The moment after the last operation. */
  private long operationTime() {
    try (MongoClient client = MongoClients.create(job.from().url())) {
      BsonTimestamp last =
          client
              .getDatabase(job.from().database())
              .runCommand(new Document("ping", 1))
              .get("operationTime", BsonTimestamp.class);
      return Objects.requireNonNull(last).getValue() + 1;
    }
  }
}
