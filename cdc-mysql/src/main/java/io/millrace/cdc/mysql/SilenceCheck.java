package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the server over SQL, while its log is silent, whether there really is nothing to send. A log
 * that is reset under a reader ends without a word: heartbeats go on, events never come. Used by
 * one thread; it asks on another, since a server that hangs would not answer.
 */
final class SilenceCheck {
  private static final Logger LOG = LoggerFactory.getLogger(SilenceCheck.class);
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ServerCatalog catalog;
  private final String address;
  private final String threadName;
  private boolean heard = true;
  private long dueNanos;

  /** The question under way. */
  private @Nullable Question question;

  /** What the server had executed when it last answered; null where something came since. */
  private @Nullable GtidSet owed;

  SilenceCheck(SourceSettings settings, String pipeline) {
    this.catalog = new ServerCatalog(settings);
    this.address = settings.address();
    this.threadName = "millrace-" + pipeline + "-silence";
  }

  /** An event came. */
  void heard() {
    heard = true;
  }

  /**
   * Nothing came.
   *
   * @param read all transactions read so far
   * @throws SourceException retryable, where the server has begun its log anew or keeps something
   *     to itself: opening the reader again tells which
   */
  void silent(GtidSet read) {
    long now = System.nanoTime();
    if (heard) {
      heard = false;
      owed = null;
      dueNanos = now + INTERVAL_NANOS;
    }
    Question asked = question;
    if (asked == null) {
      if (now - dueNanos >= 0) {
        Question next = new Question(read.copy());
        question = next;
        Thread thread = new Thread(next, threadName);
        thread.setDaemon(true);
        thread.start();
      }
      return;
    }
    if (asked.done) {
      question = null;
      dueNanos = now + INTERVAL_NANOS;
      GtidSet executed = asked.executed;
      if (executed != null) {
        judge(read, executed);
      }
    }
  }

  private void judge(GtidSet read, GtidSet executed) {
    String gone = read.minus(executed);
    if (!gone.isEmpty()) {
      throw stuck("has not executed '%s' any more, which was read", gone);
    }
    GtidSet before = owed;
    owed = executed;
    String kept = before == null ? "" : before.minus(read);
    if (!kept.isEmpty()) {
      throw stuck("executed '%s' and does not send it", kept);
    }
  }

  private SourceException stuck(String what, String gtids) {
    return new SourceException(
        String.format(
            Locale.ROOT,
            "%s " + what + ": its log was reset, or the connection is stuck. Opening it again.",
            address,
            gtids),
        null,
        true);
  }

  /** Asked once; its thread ends with the answer. */
  private final class Question implements Runnable {
    private final GtidSet read;
    private @Nullable GtidSet executed;

    /** Guards what was answered: written last, read first. */
    private volatile boolean done;

    Question(GtidSet read) {
      this.read = read;
    }

    @Override
    public void run() {
      try {
        executed = ServerState.executed(catalog, read);
      } catch (RuntimeException e) {
        LOG.warn("{} cannot be asked whether its log is really silent; asking again", address, e);
      }
      done = true;
    }
  }
}
