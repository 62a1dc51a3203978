package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the captured names stand for ordinary collections. One that is made while a stream is
 * read may be of a kind whose changes are in no stream, or not all of them, and no stream says so
 * before server 6.0; so it is asked now and then. Used by one thread.
 */
final class CollectionKinds {
  private static final Logger LOG = LoggerFactory.getLogger(CollectionKinds.class);
  private static final Duration AGAIN = Duration.ofMinutes(1);
  private static final long LIMIT_SECONDS = 5;

  private final MongoSettings settings;
  private Instant next = Instant.MIN;

  CollectionKinds(MongoSettings settings) {
    this.settings = settings;
  }

  /**
   * Fails where a captured name stands for something else, if that was not asked within the last
   * minute; a server that does not answer is somebody else's to notice.
   */
  void check() {
    Instant now = settings.clock().instant();
    if (now.isBefore(next) || settings.collections().isEmpty()) {
      return;
    }
    next = now.plus(AGAIN);
    List<String> names = settings.collections().stream().map(CapturedCollection::name).toList();
    try {
      for (Document info :
          settings
              .db()
              .withTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
              .listCollections()
              .filter(Filters.in("name", names))) {
        problem(settings, info)
            .ifPresent(
                finding -> {
                  throw new SourceException(
                      finding + " Drop it, and accept the gap or backfill once that is done.");
                });
      }
    } catch (MongoException e) {
      LOG.debug("{}: could not look at the captured collections", settings.address(), e);
    }
  }

  /** Why a collection cannot be captured, by what the server says of it; empty where it can be. */
  static Optional<Finding> problem(MongoSettings settings, Document info) {
    String name = settings.database() + "." + info.getString("name");
    return Optional.ofNullable(
        switch (String.valueOf(info.getString("type"))) {
          case "view" ->
              Finding.refused(
                  "view", name + " is a view, whose changes are in no log.", "Capture its source.");
          case "timeseries" ->
              Finding.refused(
                  "time-series",
                  name + " is a time-series collection, which has no change stream.",
                  "Keep its data in an ordinary collection.");
          default ->
              info.get("options", new Document()).getBoolean("capped", false)
                  ? Finding.refused(
                      "capped",
                      name + " is capped: what falls out of it is deleted without a change.",
                      "Use an ordinary collection, with a TTL index if need be.")
                  : null;
        });
  }
}
