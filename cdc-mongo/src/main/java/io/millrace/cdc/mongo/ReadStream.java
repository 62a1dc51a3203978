package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoChangeStreamCursor;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream that a reader reads. A server that cannot send events in parts refuses one that is
 * over 16 MB with the state that it looked up; the stream then goes on without these states, which
 * are looked up here, until there is nothing more to read. Used by one thread, but for {@link
 * #wakeUp}.
 */
final class ReadStream implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadStream.class);

  private final MongoSettings settings;
  private final String pipeline;
  private final StateLookup lookup;
  private volatile StreamFeed feed;
  private boolean plain;

  ReadStream(
      MongoSettings settings,
      String pipeline,
      MongoChangeStreamCursor<RawBsonDocument> cursor,
      StateLookup lookup) {
    this.settings = settings;
    this.pipeline = pipeline;
    this.lookup = lookup;
    this.feed = new StreamFeed(cursor, pipeline);
  }

  /** Begins to fetch. */
  void start() {
    feed.start();
  }

  /**
   * The next thing; null where there is none in time or {@link #wakeUp} was called.
   *
   * @param wait whether to wait for it
   * @param deadline by {@link System#nanoTime}
   * @param behind goes on behind what was read; gives null where no stream can
   */
  StreamFeed.@Nullable Item next(
      boolean wait,
      long deadline,
      Supplier<@Nullable UnaryOperator<ChangeStreamIterable<Document>>> behind)
      throws InterruptedException {
    StreamFeed.Item item;
    try {
      item = feed.next(wait, deadline);
    } catch (MongoException e) {
      UnaryOperator<ChangeStreamIterable<Document>> start = behind.get();
      if (plain || start == null || !MongoErrors.isTooLarge(e) || !StreamOpener.canLook(settings)) {
        throw e;
      }
      LOG.warn(
          "{}: an event is too large with the state that the server looked up; states are looked up one by one for now",
          settings.address());
      open(start, true);
      item = feed.next(wait, deadline);
    }
    BsonDocument passed = item == null ? null : item.passed();
    if (plain && passed != null) {
      open(stream -> stream.resumeAfter(passed), false);
    }
    return item;
  }

  private void open(UnaryOperator<ChangeStreamIterable<Document>> start, boolean without) {
    feed.close();
    feed = new StreamFeed(StreamOpener.open(settings, start, without), pipeline);
    plain = without;
    lookup.insteadOfServer(without);
    feed.start();
  }

  /** Ends a wait of {@link #next}, or the next one; any thread. */
  void wakeUp() {
    feed.wakeUp();
  }

  @Override
  public void close() {
    feed.close();
  }
}
