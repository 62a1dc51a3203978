package io.millrace.cdc.mongo;

import org.bson.BsonDocument;
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
  private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();

  private @Nullable BsonDocument begun;

  /** Whether the rest of an event is still to come: no position may stand here. */
  boolean open() {
    return begun != null;
  }

  /**
   * Takes a fragment.
   *
   * @return the whole event with the last fragment's token, once it is whole
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
      if (!field.getKey().equals(SPLIT)) {
        BsonValue value = field.getValue();
        whole.put(field.getKey(), value);
      }
    }
    if (number < split.getNumber("of").intValue()) {
      return null;
    }
    begun = null;
    return new RawBsonDocument(whole, CODEC);
  }
}
