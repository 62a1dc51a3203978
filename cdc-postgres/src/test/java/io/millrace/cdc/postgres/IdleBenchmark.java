package io.millrace.cdc.postgres;

import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** What a reader costs when nothing changes. Run by hand: docs/testing.md. */
public final class IdleBenchmark {
  private static final int WARM_SECONDS = 65;
  private static final int SECONDS = Integer.getInteger("millrace.benchmark.seconds", 60);

  private IdleBenchmark() {}

  /** Waits for a minute, then measures. */
  public static void main(String[] arguments) throws Exception {
    Database database = PostgresServer.shared().createDatabase("idle");
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "item");
    // The time that the server's process of the reader's session was on a processor.
    String spent =
        "select split_part(pg_read_file('/proc/' || pid || '/schedstat'), ' ', 1)::bigint from pg_stat_activity"
            + " where application_name = 'millrace test'";
    String transactions =
        "select xact_commit from pg_stat_database where datname = current_database()";
    try (SourceReader reader = SourceFixture.openNow(source)) {
      poll(reader, WARM_SECONDS);
      long servers = database.number(spent);
      long before = database.number(transactions);
      long own = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      poll(reader, SECONDS);
      own = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - own;
      servers = database.number(spent) - servers;
      long queries = database.number(transactions) - before;
      System.out.printf(
          "idle: %.2f round trips/s, reader %.3f%% and server %.3f%% of a core%n",
          (double) queries / SECONDS, own / 1e7 / SECONDS, servers / 1e7 / SECONDS);
    }
  }

  private static void poll(SourceReader reader, int seconds) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (System.nanoTime() < deadline) {
      reader.poll(100, Duration.ofSeconds(1));
    }
  }
}
