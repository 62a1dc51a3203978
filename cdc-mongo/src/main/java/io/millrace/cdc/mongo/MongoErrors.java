package io.millrace.cdc.mongo;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** What the driver throws, said in this library's terms. Source: MongoDB's error_codes.yml. */
final class MongoErrors {
  private static final int AUTHENTICATION_FAILED = 18;
  private static final int UNAUTHORIZED = 13;
  private static final int STREAM_FATAL = 280;
  private static final int TOO_LARGE = 10334;

  /** CappedPositionLost, ChangeStreamHistoryLost. */
  private static final Set<Integer> HISTORY_LOST = Set.of(136, 286);

  /** Errors of a request that will be refused again. */
  private static final Set<Integer> FINAL = Set.of(2, 9, 14, 40324, 40573, 40415, 8000);

  private MongoErrors() {}

  /** Runs a call; what it throws says what was tried. */
  static <T> T call(MongoSettings settings, String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (MongoException e) {
      throw translate(settings, what, e);
    }
  }

  static SourceException translate(MongoSettings settings, String what, MongoException e) {
    String message =
        String.format(Locale.ROOT, "%s: cannot %s: %s", settings.address(), what, e.getMessage());
    if (isHistoryLost(e)) {
      return new LostPositionException(
          message
              + " The oplog does not reach back to what was read last. Accept the gap or backfill,"
              + " and make the oplog larger (replSetResizeOplog).",
          e);
    }
    if (isTooLarge(e)) {
      return new SourceException(
          message
              + " An event is larger than 16 MB (the document with what changed in it), which a change stream"
              + " can send in parts from server 6.0.9 and 7.0 on. Upgrade, or make the document smaller and"
              + " accept the gap.",
          e);
    }
    if (isFatal(e)) {
      return new LostPositionException(message + " Accept the gap or backfill.", e);
    }
    if (e instanceof MongoSecurityException || e.getCode() == AUTHENTICATION_FAILED) {
      return new SourceException(message + " Check user, password and authSource.", e);
    }
    if (e.getCode() == UNAUTHORIZED) {
      return new SourceException(
          message + " Grant the user the privileges that preflight names.", e);
    }
    boolean refused = e instanceof MongoCommandException && FINAL.contains(e.getCode());
    return new SourceException(message, e, !refused);
  }

  /** Whether the server says that a stream cannot go on from its token. */
  static boolean isFatal(MongoException e) {
    return e.getCode() == STREAM_FATAL;
  }

  /**
   * The driver resumed by itself and the server refused: an event was sent in parts, and has
   * another size now. Who opens the stream anew knows better.
   */
  static SourceException brokenOff(MongoSettings settings, MongoException e) {
    return new SourceException(
        settings.address() + ": the change stream broke off and is opened anew: " + e.getMessage(),
        e,
        true);
  }

  /** Whether an event is larger than the server can send. */
  static boolean isTooLarge(MongoException e) {
    return e.getCode() == TOO_LARGE;
  }

  static boolean isHistoryLost(MongoException e) {
    return HISTORY_LOST.contains(e.getCode());
  }
}
