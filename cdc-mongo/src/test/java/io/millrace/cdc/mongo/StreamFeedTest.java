package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoSocketException;
import com.mongodb.ServerAddress;
import com.mongodb.ServerCursor;
import com.mongodb.client.MongoChangeStreamCursor;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamFeedTest {
  private static final String BIG = "x".repeat(1 << 20);

  /** A stream of numbered documents that then stands still, or breaks. */
  private static final class Numbers implements MongoChangeStreamCursor<RawBsonDocument> {
    private final int end;
    private final boolean breaks;
    private final String filling;
    private final AtomicInteger given = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);

    Numbers(int end, boolean breaks, String filling) {
      this.end = end;
      this.breaks = breaks;
      this.filling = filling;
    }

    @Override
    public @Nullable RawBsonDocument tryNext() {
      if (given.get() < end) {
        BsonDocument document =
            new BsonDocument("n", new BsonInt32(given.getAndIncrement()))
                .append("s", new BsonString(filling));
        return new RawBsonDocument(document, new BsonDocumentCodec());
      }
      if (breaks) {
        throw new MongoSocketException("gone", new ServerAddress());
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return null;
    }

    @Override
    public BsonDocument getResumeToken() {
      return new BsonDocument("_data", new BsonInt32(given.get()));
    }

    @Override
    public int available() {
      return end - given.get();
    }

    @Override
    public void close() {
      closed.countDown();
    }

    @Override
    public boolean hasNext() {
      throw new UnsupportedOperationException();
    }

    @Override
    public RawBsonDocument next() {
      throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable ServerCursor getServerCursor() {
      return null;
    }

    @Override
    public ServerAddress getServerAddress() {
      return new ServerAddress();
    }
  }

  private static long soon() {
    return System.nanoTime() + Duration.ofSeconds(60).toNanos();
  }

  private static int number(StreamFeed.@Nullable Item item) {
    return Objects.requireNonNull(Objects.requireNonNull(item).document()).getInt32("n").getValue();
  }

  @Test
  void documents_come_in_order_and_then_where_the_stream_stands() throws Exception {
    Numbers numbers = new Numbers(10_000, false, "");
    try (StreamFeed feed = new StreamFeed(numbers, "test")) {
      feed.start();
      for (int i = 0; i < 10_000; i++) {
        assertEquals(i, number(feed.next(true, soon())));
      }
      StreamFeed.Item stands = feed.next(true, soon());
      assertNotNull(stands);
      assertEquals(new BsonDocument("_data", new BsonInt32(10_000)), stands.passed());
      assertNull(feed.next(false, soon()));
      assertNull(feed.next(true, System.nanoTime() + 1_000_000));
    }
    assertTrue(numbers.closed.await(60, TimeUnit.SECONDS));
  }

  @Test
  void a_failure_comes_after_everything_before_it() throws Exception {
    try (StreamFeed feed = new StreamFeed(new Numbers(3, true, ""), "test")) {
      feed.start();
      for (int i = 0; i < 3; i++) {
        assertEquals(i, number(feed.next(true, soon())));
      }
      assertThrows(MongoSocketException.class, () -> feed.next(true, soon()));
    }
  }

  @Test
  void a_wake_up_ends_a_wait() throws Exception {
    try (StreamFeed feed = new StreamFeed(new Numbers(0, false, ""), "test")) {
      feed.start();
      assertNotNull(Objects.requireNonNull(feed.next(true, soon())).passed());
      Thread waker = new Thread(feed::wakeUp, "waker");
      waker.start();
      assertNull(feed.next(true, soon()));
      waker.join();
    }
  }

  @Test
  void no_more_is_fetched_ahead_than_memory_bears() throws Exception {
    Numbers numbers = new Numbers(2_000, false, BIG);
    try (StreamFeed feed = new StreamFeed(numbers, "test")) {
      feed.start();
      assertEquals(0, number(feed.next(true, soon())));
      Thread.sleep(500);
      assertFalse(numbers.given.get() > 1_000, () -> numbers.given + " MB were fetched ahead");
    }
    assertTrue(numbers.closed.await(60, TimeUnit.SECONDS));
  }
}
