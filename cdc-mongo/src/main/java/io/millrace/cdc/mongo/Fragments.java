package io.millrace.cdc.mongo;

import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/**
 * Joins an event that the server split since it was over 16 MB. Each fragment holds some of its
 * top-level fields, and {@code splitEvent: {fragment, of}}. Used by one thread.
 *
 * <p>Source: MongoDB manual, "$changeStreamSplitLargeEvent".
 */
final class Fragments {
  private static final String SPLIT = "splitEvent";
  private static final String TOKEN = "_id";
  private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();

  private @Nullable BsonDocument begun;

  /** Whether the rest of an event is still to come: no position may stand here. */
  boolean open() {
    return begun != null;
  }

  /**
   * Reads a document of a stream, joined with what came before where it is the last fragment.
   *
   * @return the event; null where more of it is to come
   */
  @Nullable RawBsonDocument read(RawBsonDocument document, ChangeDocument change) {
    change.read(BsonBytes.Slice.of(document));
    if (!change.isFragment()) {
      return document;
    }
    RawBsonDocument whole = add(document);
    if (whole != null) {
      change.read(BsonBytes.Slice.of(whole));
    }
    return whole;
  }

  /**
   * Takes a fragment.
   *
   * @return the whole event with its own token, which is no fragment's, once it is whole
   */
  @Nullable RawBsonDocument add(RawBsonDocument fragment) {
    BsonDocument split = fragment.getDocument(SPLIT);
    int number = split.getNumber("fragment").intValue();
    BsonDocument whole = begun;
    if (whole == null || number == 1) {
      if (number != 1) {
        throw new IllegalArgumentException("an event begins with its fragment " + number);
      }
      whole = new BsonDocument();
      begun = whole;
    }
    for (var field : fragment.entrySet()) {
      String name = field.getKey();
      BsonValue value = field.getValue();
      if (name.equals(TOKEN)) {
        whole.putIfAbsent(name, wholeToken(value.asDocument()));
      } else if (!name.equals(SPLIT)) {
        whole.put(name, value);
      }
    }
    if (number < split.getNumber("of").intValue()) {
      return null;
    }
    begun = null;
    return new RawBsonDocument(whole, CODEC);
  }

  private static BsonDocument wholeToken(BsonDocument token) {
    BsonDocument whole = token.clone();
    whole.put(
        MongoPosition.DATA,
        new BsonString(TokenText.whole(token.getString(MongoPosition.DATA).getValue())));
    return whole;
  }
}
