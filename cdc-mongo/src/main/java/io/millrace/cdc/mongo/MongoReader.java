package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoChangeStreamCursor;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceProgress;
import io.millrace.cdc.source.SourceReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one database's change stream; {@link ReaderOpening} makes it. */
final class MongoReader implements SourceReader {
  private static final Logger LOG = LoggerFactory.getLogger(MongoReader.class);

  /** A batch ends with the change that brings it to so many bytes. */
  private static final long MOST_BYTES = 4 << 20;

  private final MongoSettings settings;
  private final String log;
  private final long epoch;
  private final MongoPosition start;
  private final ReadStream stream;
  private final ChangeDocument change = new ChangeDocument();
  private final BsonDecoder decoder = new BsonDecoder();
  private final Marks marks;
  private final List<EventMaker> makers;
  private final OwnEvents own;
  private final CollectionKinds kinds;
  private final Fragments fragments = new Fragments();
  private @Nullable Runnable firstSave;
  private @Nullable String after;

  /** Read, but not given out: the first change after a transaction. */
  private @Nullable RawBsonDocument ahead;

  private final Witness witness;

  /** The last change behind which a position was given. */
  private @Nullable BsonDocument told;

  private @Nullable BsonDocument passed;
  private @Nullable BsonDocument idle;
  private @Nullable Instant lastChangeAt;
  private boolean drained;

  MongoReader(
      MongoSettings settings,
      MongoRegistration.Registered log,
      String pipeline,
      MongoPosition start,
      Opened opened) {
    this.settings = settings;
    this.log = log.log();
    this.epoch = log.epoch();
    this.start = start;
    this.after = opened.after();
    this.firstSave = opened.firstSave();
    this.witness = new Witness(start.witness());
    this.told = start.witness();
    this.marks = opened.marks();
    this.own = new OwnEvents(settings, decoder, log, pipeline);
    this.kinds = new CollectionKinds(settings);
    StateLookup lookup = StateLookup.of(settings);
    this.stream = new ReadStream(settings, pipeline, opened.cursor(), lookup);
    this.makers =
        settings.collections().stream()
            .map(c -> new EventMaker(c, decoder, lookup, settings.service(), log))
            .toList();
  }

  /** Begins to fetch. */
  MongoReader start() {
    stream.start();
    return this;
  }

  /**
   * A stream that stands behind the position.
   *
   * @param marks what an applier said in the transaction that the position may stand in
   * @param after text of the token up to which the stream repeats what was read; null where it
   *     repeats nothing
   * @param firstSave leaves a trace at the source when the first position was saved
   */
  record Opened(
      MongoChangeStreamCursor<RawBsonDocument> cursor,
      Marks marks,
      @Nullable String after,
      Runnable firstSave) {}

  @Override
  public String log() {
    return log;
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public Position position() {
    return start.toPosition();
  }

  @Override
  public SourceBatch poll(int maxEvents, Duration maxWait) throws InterruptedException {
    kinds.check();
    long deadline = System.nanoTime() + maxWait.toNanos();
    List<ChangeEvent> events = new ArrayList<>();
    int echoes = 0;
    long bytes = 0;
    boolean moved = false;
    while (events.size() < maxEvents && bytes < MOST_BYTES) {
      RawBsonDocument document = ahead;
      ahead = null;
      if (document == null) {
        document = next((events.isEmpty() && !moved) || fragments.open(), deadline);
      }
      if (document == null) {
        break;
      }
      document = fragments.read(document, change);
      if (document == null || isRepeated()) {
        continue;
      }
      if (marks.endsBefore(change)) {
        // A position can stand between two transactions, so here is where the batch ends.
        marks.leave();
        ahead = document;
        return new SourceBatch(events, behind(witness.token()), echoes);
      }
      marks.enter(change);
      echoes += take(events);
      moved = true;
      bytes += change.size();
      change.tokenTo(witness);
    }
    return new SourceBatch(events, moved ? reached() : idle(), echoes);
  }

  /** Whether the change was read before the position that the stream was opened at. */
  private boolean isRepeated() {
    String limit = after;
    if (limit == null) {
      return false;
    }
    if (TokenText.compare(change.token(), limit) <= 0) {
      return true;
    }
    after = null;
    return false;
  }

  /** The next change; null where there is none in time. */
  private @Nullable RawBsonDocument next(boolean wait, long deadline) throws InterruptedException {
    try {
      while (true) {
        StreamFeed.Item item = stream.next(wait, deadline, this::behind);
        if (item == null) {
          return null;
        }
        drained = item.document() == null;
        if (item.document() != null) {
          return item.document();
        }
        passed = item.passed();
      }
    } catch (MongoException e) {
      throw MongoErrors.isFatal(e)
          ? MongoErrors.brokenOff(settings, e)
          : MongoErrors.translate(settings, "read the change stream", e);
    }
  }

  /** Where the stream goes on behind what was read; null where no stream can go on there. */
  private @Nullable UnaryOperator<ChangeStreamIterable<Document>> behind() {
    if (after != null) {
      return null;
    }
    BsonDocument token = later(later(start.token(), witness.token()), passed);
    return token == null
        ? stream -> stream.startAtOperationTime(start.time())
        : stream -> stream.resumeAfter(token);
  }

  private static @Nullable BsonDocument later(
      @Nullable BsonDocument one, @Nullable BsonDocument other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    boolean first = TokenText.compare(MongoPosition.text(one), MongoPosition.text(other)) >= 0;
    return first ? one : other;
  }

  /**
   * Turns a change into an event, if it is one.
   *
   * @return how many echoes it was, 0 or 1
   */
  private int take(List<ChangeEvent> events) {
    lastChangeAt = Instant.ofEpochMilli(change.changedAtMillis());
    if (!change.is("insert")
        && !change.is("update")
        && !change.is("replace")
        && !change.is("delete")) {
      other();
      return 0;
    }
    if (Marks.isMark(change)) {
      marks.add(decoder.row(change.bytes(), change.document()));
      return 0;
    }
    if (own.isAbout(change)) {
      ChangeEvent event = own.event(change, marks.hops());
      if (event != null) {
        events.add(event);
      }
      return 0;
    }
    for (EventMaker maker : makers) {
      if (maker.isAbout(change)) {
        Row key = maker.key(change);
        if (marks.any() && marks.names(change.collection(), CanonicalId.of(key))) {
          return 1;
        }
        ChangeEvent event = maker.event(change, key, marks.hops());
        if (event != null) {
          events.add(event);
        }
        return 0;
      }
    }
    return 0;
  }

  /** What happened to a collection or the database as a whole. */
  private void other() {
    switch (change.operation()) {
      case "drop" -> {
        if (!Marks.isAbout(change) && !OwnEvents.isHeartbeat(change)) {
          throw lost();
        }
        LOG.warn("{} was dropped; it is made again when it is written", change.namespace());
      }
      case "rename", "dropDatabase", "invalidate" -> throw lost();
      default -> LOG.debug("{} of {}", change.operation(), change.namespace());
    }
  }

  private LostPositionException lost() {
    return new LostPositionException(
        String.format(
            Locale.ROOT,
            "%s: %s of %s. Documents went without a change of each, and the stream ends. Accept the"
                + " gap to go on with what comes after it, or backfill.",
            settings.address(),
            change.operation(),
            change.namespace()));
  }

  /**
   * Behind the last change; null in the middle of a transaction. It is at its end where the server
   * had nothing more to send: it sends a transaction as fast as it is asked.
   */
  private @Nullable Position reached() {
    return marks.inTransaction() && !drained ? null : behind(witness.token());
  }

  private @Nullable Position behind(@Nullable BsonDocument token) {
    told = token;
    return token == null
        ? null
        : new MongoPosition(start.replicaSet(), MongoPosition.timeOf(token), token, token)
            .toPosition();
  }

  /** Where the stream stands after a time without a change for us; null where it stood still. */
  private @Nullable Position idle() {
    BsonDocument last = witness.token();
    if (last != null && !last.equals(told) && drained && !fragments.open()) {
      return behind(last);
    }
    BsonDocument token = passed;
    if (token == null || token.equals(idle) || fragments.open()) {
      return null;
    }
    BsonTimestamp time = MongoPosition.timeOf(token);
    if (last != null && time.compareTo(MongoPosition.timeOf(last)) <= 0) {
      return null;
    }
    // All changes of a transaction have one time, so it is at its end.
    marks.leave();
    idle = token;
    return new MongoPosition(start.replicaSet(), time, token, last).toPosition();
  }

  /** Ends a wait of {@link #poll}; any thread. */
  void wakeUp() {
    stream.wakeUp();
  }

  @Override
  public void saved(Position position) {
    Runnable trace = firstSave;
    if (trace != null) {
      try {
        trace.run();
        firstSave = null;
      } catch (SourceException e) {
        LOG.warn("Could not note that this pipeline has run; the next save tries again", e);
      }
    }
  }

  @Override
  public SourceProgress progress() {
    Instant last = lastChangeAt;
    if (last == null) {
      return SourceProgress.unknown();
    }
    long lag =
        drained ? 0 : Math.max(0, Duration.between(last, settings.clock().instant()).toMillis());
    return new SourceProgress(Optional.of(last), OptionalLong.of(lag), Optional.empty());
  }

  @Override
  public void close() {
    stream.close();
  }
}
