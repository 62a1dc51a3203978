package io.millrace.cdc.mongo;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.position.Position;
import java.util.Locale;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.jspecify.annotations.Nullable;

/**
 * Where a change stream may resume.
 *
 * @param replicaSet name of the replica set that was read
 * @param time cluster time to start at, inclusive, where nothing was read yet or only idle time
 * @param token resume token to go on after; null where nothing was read yet
 * @param witness token of the last change read, null before the first
 */
record MongoPosition(
    String replicaSet,
    BsonTimestamp time,
    @Nullable BsonDocument token,
    @Nullable BsonDocument witness) {
  static final String KIND = "mongo";

  /** In a resume token; beside it may stand what its values' types were. */
  static final String DATA = "_data";

  private static final int FORMAT = 1;
  private static final JsonWriterSettings ONE_LINE =
      JsonWriterSettings.builder().outputMode(JsonMode.RELAXED).build();
  private static final int TIMESTAMP = 0x82;
  private static final int TIME_DIGITS = 18;

  Position toPosition() {
    BsonDocument text =
        new BsonDocument("set", new BsonString(replicaSet))
            .append("time", new BsonInt64(time.getValue()));
    if (token != null) {
      text.append("token", token);
    }
    if (witness != null) {
      text.append("witness", witness);
    }
    return new Position(KIND, FORMAT, text.toJson(ONE_LINE));
  }

  static MongoPosition parse(Position position) {
    if (!position.kind().equals(KIND)) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "The saved position is one of a '%s' source, this source is 'mongo'. Was the pipeline's"
                  + " name used for another source before?",
              position.kind()));
    }
    if (position.format() > FORMAT) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "The saved position has format %s, this release knows up to %s: it was written by a newer"
                  + " release. Run that one.",
              position.format(),
              FORMAT));
    }
    try {
      BsonDocument text = BsonDocument.parse(position.text());
      BsonDocument token = text.containsKey("token") ? text.getDocument("token") : null;
      return new MongoPosition(
          text.getString("set").getValue(),
          new BsonTimestamp(text.getNumber("time").longValue()),
          token,
          text.containsKey("witness") ? text.getDocument("witness") : null);
    } catch (RuntimeException e) {
      throw new SourceException("The saved position cannot be read: " + position, e);
    }
  }

  /** What orders resume tokens. */
  static String text(BsonDocument token) {
    return token.getString(DATA).getValue();
  }

  /** The cluster time that a resume token begins with. */
  static BsonTimestamp timeOf(BsonDocument token) {
    String data = text(token);
    if (data.length() < TIME_DIGITS || Integer.parseInt(data.substring(0, 2), 16) != TIMESTAMP) {
      throw new SourceException(
          "A resume token does not begin with a cluster time: " + data + ". Is the server newer?");
    }
    return new BsonTimestamp(Long.parseUnsignedLong(data.substring(2, TIME_DIGITS), 16));
  }
}
