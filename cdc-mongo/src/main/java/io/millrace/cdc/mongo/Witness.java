package io.millrace.cdc.mongo;

import java.nio.charset.StandardCharsets;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * The token of the last change read. It is made out of the change's bytes when somebody asks, which
 * is once per batch. Used by one thread.
 */
final class Witness {
  private @Nullable BsonDocument token;
  private byte @Nullable [] bytes;
  private int start;
  private int end;

  Witness(@Nullable BsonDocument token) {
    this.token = token;
  }

  /** A change was read; its token lies in these bytes. */
  void read(byte[] change, int tokenStart, int tokenEnd) {
    token = null;
    bytes = change;
    start = tokenStart;
    end = tokenEnd;
  }

  /** Null where nothing was read yet. */
  @Nullable BsonDocument token() {
    byte[] change = bytes;
    if (change != null) {
      token =
          MongoPosition.token(new String(change, start, end - start, StandardCharsets.US_ASCII));
      bytes = null;
    }
    return token;
  }
}
