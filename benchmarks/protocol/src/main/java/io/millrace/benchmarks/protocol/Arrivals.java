package io.millrace.benchmarks.protocol;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * When each row of a round arrived. The rows of round n have the ids from n times the number of
 * rows on; others do not count. Thread-safe.
 */
public final class Arrivals {
  private static final int KNOCKS = 100;
  private static final int PAUSE_MILLIS = 500;

  private final Job job;
  private final long first;
  private final long[] times; // guarded by this
  private final CountDownLatch missing;
  private final CountDownLatch knocked = new CountDownLatch(1);

  /** Of one round. */
  public Arrivals(Job job, int round) {
    this.job = job;
    this.first = (long) round * job.events();
    this.times = new long[job.events()];
    this.missing = new CountDownLatch(job.events());
  }

  /** The id of the first row. */
  public long first() {
    return first;
  }

  /** A row is there; the first time counts. */
  public void arrived(long id) {
    long now = System.nanoTime();
    if (id < 0) {
      knocked.countDown();
    }
    if (id < first || id >= first + job.events()) {
      return;
    }
    int index = (int) (id - first);
    synchronized (this) {
      if (times[index] != 0) {
        return;
      }
      times[index] = now;
    }
    missing.countDown();
  }

  /** Writes one row. */
  @FunctionalInterface
  public interface Knock {
    /** With this id. */
    void insert(long id) throws SQLException;
  }

  /**
   * Inserts rows with negative ids into the job's table until one of them arrives: whoever opens in
   * the background reads now.
   */
  public void knock() throws SQLException, InterruptedException {
    Place place = job.from();
    try (Connection connection =
            DriverManager.getConnection(place.url(), place.user(), place.password());
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into " + job.table() + " (id, customer) values (?, 1)")) {
      knock(
          id -> {
            insert.setLong(1, id);
            insert.executeUpdate();
          });
    }
  }

  /** The same where rows are inserted in another way. */
  public void knock(Knock knock) throws SQLException, InterruptedException {
    for (int i = 1; i <= KNOCKS; i++) {
      knock.insert(-(first + i));
      if (knocked.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
    }
    throw new IllegalStateException("nothing arrives from " + job.from().url());
  }

  /**
   * Waits for the last, and hands the times to the harness.
   *
   * @param sent when each row was sent, to hand back how long each took, or empty to hand back when
   *     each arrived
   */
  public void await(int seconds, int round, long... sent) throws InterruptedException, IOException {
    if (!missing.await(seconds, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          missing.getCount() + " of " + job.events() + " rows did not arrive in " + seconds + " s");
    }
    synchronized (this) {
      long[] told = times.clone();
      for (int i = 0; i < sent.length; i++) {
        told[i] -= sent[i];
      }
      Meter.write(job.times(round), told);
    }
  }
}
