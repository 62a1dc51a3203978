package io.millrace.cdc.postgres;

import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * How fast the change log becomes events, against a plain SELECT of the same rows on the same kind
 * of connection, in turns. Run by hand: docs/testing.md.
 */
public final class DrainBenchmark {
  private static final int ROWS = Integer.getInteger("millrace.benchmark.rows", 200_000);
  private static final int ROUNDS = Integer.getInteger("millrace.benchmark.rounds", 7);
  private static final String TABLE =
      "create table orders (id bigint primary key, customer_id bigint, status text, total numeric(12,2), note text,"
          + " created_at timestamptz, updated_at timestamptz)";

  private DrainBenchmark() {}

  /** Fills a log by bulk updates, and reads it. */
  public static void main(String[] arguments) throws Exception {
    Database database = PostgresServer.shared().createDatabase("drain");
    database.execute(TABLE);
    PostgresSource source = SourceFixture.install(database, "orders");
    database.execute(
        "insert into orders select i, i * 7, 'open', i / 3.0, 'a note of some length for order ' || i, now(), now()"
            + " from generate_series(1, "
            + ROWS / 2
            + ") i",
        "update orders set status = 'paid', updated_at = clock_timestamp()");
    double[] select = new double[ROUNDS];
    double[] drain = new double[ROUNDS];
    double[] ratio = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      select[i] = select(database);
      drain[i] = drain(source, "drain" + i);
      ratio[i] = drain[i] / select[i];
      System.out.printf("select %.0f/s, drain %.0f/s, %.2f%n", select[i], drain[i], ratio[i]);
    }
    System.out.printf(
        "medians: select %.0f/s, drain %.0f/s, %.2f%n",
        median(select), median(drain), median(ratio));
  }

  private static double select(Database database) throws Exception {
    long started = System.nanoTime();
    int rows = 0;
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      try (PreparedStatement query =
          connection.prepareStatement(
              "select " + LogRow.COLUMNS + " from millrace.change_log order by id")) {
        query.setFetchSize(4096);
        try (ResultSet row = query.executeQuery()) {
          while (row.next()) {
            LogRow.of(row);
            rows++;
          }
        }
      }
    }
    return perSecond(rows, started);
  }

  private static double drain(PostgresSource source, String pipeline) throws Exception {
    long started = System.nanoTime();
    int rows = 0;
    try (SourceReader reader =
        source.open(new ReaderStart(pipeline, Optional.empty(), 0, FirstStart.OLDEST))) {
      while (rows < ROWS) {
        rows += reader.poll(1000, Duration.ofSeconds(10)).events().size();
      }
    }
    return perSecond(rows, started);
  }

  private static double perSecond(int rows, long started) {
    return rows * 1e9 / (System.nanoTime() - started);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
