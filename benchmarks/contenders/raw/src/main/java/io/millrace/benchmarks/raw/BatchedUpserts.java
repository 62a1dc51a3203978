package io.millrace.benchmarks.raw;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.ReplaceOptions;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;
import org.bson.types.Decimal128;

/**
 * Upserts of the same rows in batches of a transaction each, and nothing else: no ledger, no
 * offsets.
 */
final class BatchedUpserts implements Contender {
  private static final int BATCH = 500;
  private static final String INSERT = " (id, customer, total, note) values (?, ?, ?, ?) ";

  private final Job job;

  BatchedUpserts(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws SQLException {
    if (job.to().url().startsWith("mongodb:")) {
      mongo(number, meter);
    } else {
      jdbc(number, meter);
    }
    meter.end(job.events());
  }

  private void jdbc(int number, Meter meter) throws SQLException {
    boolean postgres = job.to().url().startsWith("jdbc:postgresql:");
    String url =
        job.to().url()
            + (job.to().url().contains("?") ? "&" : "?")
            + (postgres ? "reWriteBatchedInserts=true" : "rewriteBatchedStatements=true");
    String sql =
        "insert into "
            + job.table()
            + INSERT
            + (postgres
                ? "on conflict (id) do update set customer = excluded.customer, total = excluded.total, note = excluded.note"
                : "on duplicate key update customer = values(customer), total = values(total), note = values(note)");
    try (Connection connection =
            DriverManager.getConnection(url, job.to().user(), job.to().password());
        PreparedStatement upsert = connection.prepareStatement(sql)) {
      connection.setAutoCommit(false);
      meter.begin();
      for (int i = 0; i < job.events(); i++) {
        long version = (long) number * job.events() + i;
        upsert.setLong(1, i);
        upsert.setLong(2, version % 1000);
        upsert.setBigDecimal(3, new BigDecimal("12.34"));
        upsert.setString(4, "a note of some length for order " + version);
        upsert.addBatch();
        if ((i + 1) % BATCH == 0 || i + 1 == job.events()) {
          upsert.executeBatch();
          connection.commit();
        }
      }
    }
  }

  private void mongo(int number, Meter meter) {
    try (MongoClient client = MongoClients.create(job.to().url());
        ClientSession session = client.startSession()) {
      MongoCollection<Document> rows =
          client.getDatabase(job.to().database()).getCollection(job.table());
      List<ReplaceOneModel<Document>> batch = new ArrayList<>();
      meter.begin();
      for (int i = 0; i < job.events(); i++) {
        long version = (long) number * job.events() + i;
        Document row =
            new Document("_id", (long) i)
                .append("customer", version % 1000)
                .append("total", Decimal128.parse("12.34"))
                .append("note", "a note of some length for order " + version);
        batch.add(
            new ReplaceOneModel<>(
                new Document("_id", (long) i), row, new ReplaceOptions().upsert(true)));
        if (batch.size() == BATCH || i + 1 == job.events()) {
          session.withTransaction(() -> rows.bulkWrite(session, batch));
          batch.clear();
        }
      }
    }
  }
}
