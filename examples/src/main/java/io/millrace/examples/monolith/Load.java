package io.millrace.examples.monolith;

import java.util.concurrent.atomic.AtomicLong;

/** What all writers of a run share: when to stop, how fast to go, which ids there are. */
public final class Load {
  private final AtomicLong hot = new AtomicLong();
  private final AtomicLong all = new AtomicLong();
  private final AtomicLong retries = new AtomicLong();
  private final AtomicLong nextId = new AtomicLong(1_000);
  private final long limit;
  private final long endNanos;
  private final double perSecond;
  private final int large;
  private final long startNanos = System.nanoTime();
  private volatile boolean stopped;

  /** Begins now. */
  public Load(Options options) {
    this.limit = options.changes();
    this.endNanos = startNanos + options.seconds() * 1_000_000_000L;
    this.perSecond = options.rate();
    this.large = options.large();
  }

  /** Ends the writing before its time. */
  public void stop() {
    stopped = true;
  }

  /** Committed row changes. */
  public long changes() {
    return all.get();
  }

  /** How many of them hit a hot row. */
  public long hotChanges() {
    return hot.get();
  }

  /** Transactions that met another's and were given up. */
  public long retries() {
    return retries.get();
  }

  /** Whether a writer is to begin another transaction. */
  public boolean goesOn() {
    return !stopped && all.get() < limit && System.nanoTime() < endNanos;
  }

  /** Waits where the writers are ahead of their rate. */
  public void pace() throws InterruptedException {
    double ahead = all.get() / perSecond - (System.nanoTime() - startNanos) / 1e9;
    if (ahead > 0) {
      Thread.sleep(Math.min(200, (long) (ahead * 1000) + 1));
    }
  }

  /** A transaction's row changes were committed. */
  public void committed(int changes, boolean onHotRow) {
    all.addAndGet(changes);
    if (onHotRow) {
      hot.addAndGet(changes);
    }
  }

  /** A transaction was given up. */
  public void retried() {
    retries.incrementAndGet();
  }

  /** A number that no row has yet. */
  public long nextId() {
    return nextId.incrementAndGet();
  }

  /** The last one given. */
  public long newestId() {
    return nextId.get();
  }

  int large() {
    return large;
  }
}
