package io.millrace.cdc.mongo;

import com.mongodb.client.MongoChangeStreamCursor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a change stream's documents on a thread of its own, so that requests and decoding go side
 * by side. How much is fetched ahead is bounded in documents and bytes.
 */
final class StreamFeed implements AutoCloseable {
  private static final int MOST_DOCUMENTS = 8_000;
  private static final int MOST_BYTES = 32 << 20;
  private static final int GROUP = 250;
  private static final int GROUP_BYTES = 4 << 20;
  private static final long CLOSE_MILLIS = 5_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final MongoChangeStreamCursor<RawBsonDocument> cursor;
  private final Thread thread;
  private final Deque<Item> items = new ArrayDeque<>(); // guarded by this
  private final Deque<Item> taken = new ArrayDeque<>(); // of the reader's thread
  private long bytes; // guarded by this
  private @Nullable RuntimeException failure; // guarded by this
  private boolean woken; // guarded by this
  private volatile boolean stopped;

  /**
   * One thing that the stream said; either of the two.
   *
   * @param document a change
   * @param passed a token that the stream stands at, with nothing of ours before it
   * @param size of the document in bytes
   */
  record Item(@Nullable RawBsonDocument document, @Nullable BsonDocument passed, int size) {
    static Item of(RawBsonDocument document) {
      return new Item(document, null, document.getByteBuffer().remaining());
    }
  }

  StreamFeed(MongoChangeStreamCursor<RawBsonDocument> cursor, String pipeline) {
    this.cursor = cursor;
    this.thread = new Thread(this::fetch, "millrace-" + pipeline + "-stream");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void fetch() {
    List<Item> group = new ArrayList<>(GROUP);
    BsonDocument last = null;
    try {
      while (!stopped) {
        RawBsonDocument document = cursor.tryNext();
        int size = 0;
        while (document != null) {
          Item item = Item.of(document);
          group.add(item);
          size += item.size();
          boolean more = group.size() < GROUP && size < GROUP_BYTES && cursor.available() > 0;
          document = more ? cursor.tryNext() : null;
        }
        if (group.isEmpty()) {
          BsonDocument token = cursor.getResumeToken();
          if (token != null && !token.equals(last)) {
            last = token;
            group.add(new Item(null, token, 0));
          }
        }
        hand(group);
        group.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // only close() interrupts it
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new IllegalStateException("fetching ended: " + e, e)); // a reader must not wait for ever
      throw e;
    } finally {
      cursor.close();
    }
  }

  private synchronized void hand(List<Item> group) throws InterruptedException {
    while (!stopped && (items.size() >= MOST_DOCUMENTS || bytes >= MOST_BYTES)) {
      wait();
    }
    for (Item item : group) {
      Item before = items.peekLast();
      if (item.document() == null && before != null && before.document() == null) {
        items.removeLast(); // nobody needs to know where it stood in between
      }
      items.add(item);
      bytes += item.size();
    }
    if (!group.isEmpty()) {
      notifyAll();
    }
  }

  private synchronized void fail(RuntimeException e) {
    failure = e;
    notifyAll();
  }

  /**
   * The next thing; null where there is none in time or {@link #wakeUp} was called.
   *
   * @param wait whether to wait for it
   * @param deadline by {@link System#nanoTime}
   * @throws RuntimeException what the driver threw, after everything before it was given
   */
  @Nullable Item next(boolean wait, long deadline) throws InterruptedException {
    if (taken.isEmpty()) {
      take(wait, deadline);
    }
    return taken.poll();
  }

  private synchronized void take(boolean wait, long deadline) throws InterruptedException {
    while (items.isEmpty()) {
      RuntimeException failed = failure;
      if (failed != null) {
        throw failed;
      }
      long nanos = deadline - System.nanoTime();
      if (!wait || woken || nanos <= 0) {
        woken = false;
        return;
      }
      wait(Math.max(1, nanos / NANOS_PER_MILLI));
    }
    taken.addAll(items);
    items.clear();
    bytes = 0;
    notifyAll();
  }

  /** Ends a wait of {@link #next}, or the next one. */
  synchronized void wakeUp() {
    woken = true;
    notifyAll();
  }

  @Override
  public void close() {
    stopped = true;
    synchronized (this) {
      notifyAll();
    }
    if (thread.getState() == Thread.State.NEW) {
      cursor.close();
      return;
    }
    thread.interrupt();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
