package io.millrace.cdc.mongo;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/**
 * Where the parts of one change stream document lie. One object is used for all documents, since
 * nothing is kept between them but a copy of the transaction's number. Used by one thread.
 *
 * <p>Source: MongoDB manual, "Change Events".
 */
final class ChangeDocument {
  private static final int MISSING = -1;
  private static final int TOKEN_MAX = 64;

  private byte[] bytes = new byte[0];
  private int size;
  private int token;
  private int tokenEnd;
  private int tokenDocument;
  private int operation;
  private int clusterTime;
  private int wallTime;
  private int database;
  private int collection;
  private int documentKey;
  private int fullDocument;
  private int before;
  private int update;
  private int sessionStart;
  private int sessionEnd;
  private long txnNumber;
  private boolean fragment;

  /** Finds the parts of a document. */
  void read(BsonBytes.Slice slice) {
    bytes = slice.bytes();
    size = BsonBytes.int32(bytes, slice.start());
    token = MISSING;
    operation = MISSING;
    clusterTime = MISSING;
    wallTime = MISSING;
    database = MISSING;
    collection = MISSING;
    documentKey = MISSING;
    fullDocument = MISSING;
    before = MISSING;
    update = MISSING;
    sessionStart = MISSING;
    txnNumber = MISSING;
    fragment = false;
    int at = slice.start() + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int name = at + 1;
      int end = BsonBytes.endOfName(bytes, name);
      part(type, name, end, end + 1);
      at = BsonBytes.skip(bytes, type, end + 1);
    }
    if ((operation == MISSING && !fragment) || token == MISSING) {
      throw new IllegalArgumentException(
          "a change stream document without operationType or resume token");
    }
  }

  private void part(int type, int name, int end, int value) {
    switch (bytes[name]) {
      case '_' -> tokenIn(value, name, end);
      case 'o' -> operation = isName(name, end, "operationType") ? value : operation;
      case 'c' -> clusterTime = isName(name, end, "clusterTime") ? value : clusterTime;
      case 'w' -> wallTime = isName(name, end, "wallTime") ? value : wallTime;
      case 'n' -> {
        if (isName(name, end, "ns")) {
          namespace(value);
        }
      }
      case 'd' -> documentKey = isName(name, end, "documentKey") ? value : documentKey;
      case 'f' -> {
        if (type == BsonBytes.DOCUMENT) {
          fullDocument = isName(name, end, "fullDocument") ? value : fullDocument;
          before = isName(name, end, "fullDocumentBeforeChange") ? value : before;
        }
      }
      case 'u' -> update = isName(name, end, "updateDescription") ? value : update;
      case 'l' -> {
        if (isName(name, end, "lsid")) {
          sessionStart = value;
          sessionEnd = BsonBytes.skip(bytes, type, value);
        }
      }
      case 't' -> {
        if (isName(name, end, "txnNumber")) {
          txnNumber = BsonBytes.int64(bytes, value);
        }
      }
      case 's' -> fragment |= isName(name, end, "splitEvent");
      default -> {} // what a newer server adds does not concern us
    }
  }

  private void tokenIn(int document, int name, int end) {
    if (!isName(name, end, "_id")) {
      return;
    }
    tokenDocument = document;
    int at = document + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int field = at + 1;
      int fieldEnd = BsonBytes.endOfName(bytes, field);
      int value = fieldEnd + 1;
      if (isName(field, fieldEnd, "_data") && type == BsonBytes.STRING) {
        token = value + Integer.BYTES;
        tokenEnd = token + BsonBytes.int32(bytes, value) - 1;
      }
      at = BsonBytes.skip(bytes, type, value);
    }
  }

  private void namespace(int document) {
    int at = document + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int field = at + 1;
      int end = BsonBytes.endOfName(bytes, field);
      if (isName(field, end, "db")) {
        database = end + 1;
      } else if (isName(field, end, "coll")) {
        collection = end + 1;
      }
      at = BsonBytes.skip(bytes, type, end + 1);
    }
  }

  private boolean isName(int start, int end, String name) {
    return BsonBytes.isName(bytes, start, end, name);
  }

  /** Whether this is only a part of an event; see {@link Fragments}. */
  boolean isFragment() {
    return fragment;
  }

  byte[] bytes() {
    return bytes;
  }

  /** Of the whole change document, in bytes. */
  int size() {
    return size;
  }

  /** Whether the operation is that one. */
  boolean is(String name) {
    int length = BsonBytes.int32(bytes, operation) - 1;
    int start = operation + Integer.BYTES;
    return BsonBytes.isName(bytes, start, start + length, name);
  }

  String operation() {
    return text(operation);
  }

  /** The collection's name; empty where the operation is about more than one. */
  String collection() {
    return collection == MISSING ? "" : text(collection);
  }

  /** {@code database.collection}, for messages. */
  String namespace() {
    String name = database == MISSING ? "?" : text(database);
    return collection == MISSING ? name : name + "." + text(collection);
  }

  /** Whether the collection's name stands in these bytes of UTF-8. */
  boolean isCollection(byte[] name) {
    if (collection == MISSING) {
      return false;
    }
    int length = BsonBytes.int32(bytes, collection) - 1;
    int start = collection + Integer.BYTES;
    return Arrays.equals(name, 0, name.length, bytes, start, start + length);
  }

  private String text(int at) {
    return new String(
        bytes, at + Integer.BYTES, BsonBytes.int32(bytes, at) - 1, StandardCharsets.UTF_8);
  }

  /** The resume token's hexadecimal text. */
  String token() {
    return new String(bytes, token, tokenEnd - token, StandardCharsets.US_ASCII);
  }

  /** Says where the resume token lies. */
  void tokenTo(Witness witness) {
    witness.read(bytes, tokenDocument);
  }

  /**
   * The resume token's bytes, which order the changes of a log. What lies behind the first 64 names
   * the document and orders nothing.
   */
  byte[] coordinate() {
    int end = Math.min(tokenEnd, token + 2 * TOKEN_MAX);
    byte[] made = new byte[(end - token) / 2];
    for (int i = 0; i < made.length; i++) {
      made[i] =
          (byte)
              ((HexFormat.fromHexDigit(bytes[token + 2 * i]) << 4)
                  | HexFormat.fromHexDigit(bytes[token + 2 * i + 1]));
    }
    return made;
  }

  /** Seconds in the high, counter in the low 32 bits. */
  long clusterTime() {
    return clusterTime == MISSING ? 0 : BsonBytes.int64(bytes, clusterTime);
  }

  /** Milliseconds since the epoch; whole seconds before server 6.0. */
  long changedAtMillis() {
    return wallTime == MISSING
        ? (clusterTime() >>> Integer.SIZE) * 1000
        : BsonBytes.int64(bytes, wallTime);
  }

  boolean hasDocument() {
    return fullDocument != MISSING;
  }

  /** Where the document after the change lies. */
  int document() {
    return fullDocument;
  }

  boolean hasBefore() {
    return before != MISSING;
  }

  /** Where the document before the change lies. */
  int before() {
    return before;
  }

  boolean hasKey() {
    return documentKey != MISSING;
  }

  /** Where the document's key lies. */
  int key() {
    return documentKey;
  }

  /** The document's {@code _id}. */
  BsonValue id() {
    BsonValue id =
        new RawBsonDocument(bytes, documentKey, BsonBytes.int32(bytes, documentKey)).get("_id");
    if (id == null) {
      throw new IllegalArgumentException("a document key without _id");
    }
    return id;
  }

  boolean hasUpdate() {
    return update != MISSING;
  }

  /** Where the description of an update lies. */
  int update() {
    return update;
  }

  /** Whether this is a part of a multi-document transaction. */
  boolean transactional() {
    return sessionStart != MISSING && txnNumber != MISSING;
  }

  /** Session and number of a transaction. */
  byte[] transaction() {
    byte[] made = Arrays.copyOfRange(bytes, sessionStart, sessionEnd + Long.BYTES);
    for (int i = 0; i < Long.BYTES; i++) {
      made[made.length - Long.BYTES + i] = (byte) (txnNumber >>> (8 * i));
    }
    return made;
  }

  /** Whether this belongs to that transaction. */
  boolean isOf(byte[] transaction) {
    int session = transaction.length - Long.BYTES;
    return transactional()
        && session == sessionEnd - sessionStart
        && Arrays.equals(transaction, 0, session, bytes, sessionStart, sessionEnd)
        && BsonBytes.int64(transaction, session) == txnNumber;
  }
}
