package io.millrace.cdc.mongo;

import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/**
 * The token of the last change read. It is made out of the change's bytes when somebody asks, which
 * is once per batch. Used by one thread.
 */
final class Witness {
  private @Nullable BsonDocument token;
  private byte @Nullable [] bytes;
  private int start;

  Witness(@Nullable BsonDocument token) {
    this.token = token;
  }

  /** A change was read; its token lies in these bytes. */
  void read(byte[] change, int tokenStart) {
    token = null;
    bytes = change;
    start = tokenStart;
  }

  /** Null where nothing was read yet. */
  @Nullable BsonDocument token() {
    byte[] change = bytes;
    if (change != null) {
      token =
          new RawBsonDocument(change, start, BsonBytes.int32(change, start))
              .decode(new BsonDocumentCodec());
      bytes = null;
    }
    return token;
  }
}
