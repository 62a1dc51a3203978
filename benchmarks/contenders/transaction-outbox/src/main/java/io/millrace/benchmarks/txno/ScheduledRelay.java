package io.millrace.benchmarks.txno;

import com.gruelbox.transactionoutbox.Dialect;
import com.gruelbox.transactionoutbox.Persistor;
import com.gruelbox.transactionoutbox.TransactionManager;
import com.gruelbox.transactionoutbox.TransactionOutbox;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Writers;
import java.sql.PreparedStatement;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Inserts a row and schedules a call, a transaction each. The library's own threads make the calls
 * meanwhile, with its default settings; what they leave out is called by {@code flush}.
 */
final class ScheduledRelay implements Contender {
  private static final int PATIENCE_SECONDS = 120;
  private static final AtomicReference<Arrivals> ARRIVALS = new AtomicReference<>();

  private final Job job;
  private final HikariDataSource pool = new HikariDataSource();
  private final TransactionManager transactions;
  private final TransactionOutbox outbox;

  ScheduledRelay(Job job) {
    this.job = job;
    pool.setJdbcUrl(job.from().url());
    pool.setUsername(job.from().user());
    pool.setPassword(job.from().password());
    transactions = TransactionManager.fromDataSource(pool);
    outbox =
        TransactionOutbox.builder()
            .transactionManager(transactions)
            .persistor(Persistor.forDialect(Dialect.POSTGRESQL_9))
            .build();
  }

  /** What is called when a row was committed. */
  public static class Relay {
    /** Notes the time. */
    public void relay(long id, long customer, String note) {
      Arrivals arrivals = ARRIVALS.get();
      if (arrivals != null && customer >= 0 && !note.isEmpty()) {
        arrivals.arrived(id);
      }
    }
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    Arrivals arrivals = new Arrivals(job, number);
    ARRIVALS.set(arrivals);
    long[] sent = new long[job.events()];
    meter.begin();
    Writers.run(job, numbers -> write(arrivals, sent, numbers));
    arrivals.await(PATIENCE_SECONDS, number, sent);
    meter.end(sent.length);
  }

  private void write(Arrivals arrivals, long[] sent, Writers.Numbers numbers) throws Exception {
    for (int i = numbers.take(); i >= 0; i = numbers.take()) {
      long id = arrivals.first() + i;
      int customer = i;
      String note = "a note of a usual length";
      transactions.inTransactionThrows(
          transaction -> {
            try (PreparedStatement insert =
                transaction
                    .connection()
                    .prepareStatement(
                        "insert into " + job.table() + " (id, customer, note) values (?, ?, ?)")) {
              insert.setLong(1, id);
              insert.setLong(2, customer);
              insert.setString(3, note);
              insert.executeUpdate();
            }
            outbox.schedule(Relay.class).relay(id, customer, note);
          });
      sent[i] = System.nanoTime();
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
