package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.internal.Invariant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bson.BsonBinary;
import org.bson.BsonBinaryWriter;
import org.bson.RawBsonDocument;
import org.bson.io.BasicOutputBuffer;

/**
 * The ledger's documents, whose form stands in {@link OwnForms}, from bytes and to bytes: every
 * batch reads one and writes one per row. Used by one thread.
 */
final class LedgerForm {
  private static final int USUAL_BYTES = 256;

  private final String applier;
  private final Map<String, String> places = new HashMap<>();

  LedgerForm(String applier) {
    this.applier = applier;
  }

  /** A document of what is written. */
  static RawBsonDocument document(Consumer<BsonBinaryWriter> fields) {
    BasicOutputBuffer bytes = new BasicOutputBuffer(USUAL_BYTES);
    try (BsonBinaryWriter writer = new BsonBinaryWriter(bytes)) {
      writer.writeStartDocument();
      fields.accept(writer);
      writer.writeEndDocument();
    }
    return new RawBsonDocument(bytes.getInternalBuffer(), 0, bytes.getPosition());
  }

  /** The filter that finds the document of a key. */
  RawBsonDocument of(EntityKey key) {
    return document(
        writer -> {
          writer.writeName("_id");
          id(writer, key);
        });
  }

  /** The filter that finds the documents of keys. */
  RawBsonDocument of(List<EntityKey> keys) {
    return document(
        writer -> {
          writer.writeStartDocument("_id");
          writer.writeStartArray("$in");
          keys.forEach(key -> id(writer, key));
          writer.writeEndArray();
          writer.writeEndDocument();
        });
  }

  private void id(BsonBinaryWriter writer, EntityKey key) {
    writer.writeStartDocument();
    writer.writeString("a", applier);
    writer.writeString("e", key.entity());
    writer.writeString("i", key.id());
    writer.writeEndDocument();
  }

  /** The update of a key's document by entries of that key. */
  RawBsonDocument update(List<LedgerEntry> entries, long mark, long atMillis) {
    return document(
        writer -> {
          writer.writeStartDocument("$set");
          writer.writeInt64("mark", mark);
          writer.writeInt32("format", OwnForms.FORMAT);
          entries.forEach(entry -> entry(writer, entry, atMillis));
          writer.writeEndDocument();
        });
  }

  /**
   * The update of a key's document by an entry, which changes it only where the version rises:
   * documents are compared field by field, and an entry begins with its version. It has no time: a
   * later time of the same version would count as more.
   */
  RawBsonDocument raise(LedgerEntry entry, long mark) {
    return document(
        writer -> {
          writer.writeStartDocument("$max");
          writer.writeStartDocument(place(entry));
          what(writer, entry);
          writer.writeEndDocument();
          writer.writeEndDocument();
          writer.writeStartDocument("$setOnInsert");
          writer.writeInt64("mark", mark);
          writer.writeInt32("format", OwnForms.FORMAT);
          writer.writeEndDocument();
        });
  }

  /** The update that says when a key was removed. */
  RawBsonDocument removed(LedgerEntry entry, long mark, long atMillis) {
    return document(
        writer -> {
          writer.writeStartDocument("$set");
          writer.writeInt64("mark", mark);
          writer.writeDateTime(place(entry) + "." + OwnForms.AT, atMillis);
          writer.writeEndDocument();
        });
  }

  private String place(LedgerEntry entry) {
    return places.computeIfAbsent(entry.log(), OwnForms::place);
  }

  private void entry(BsonBinaryWriter writer, LedgerEntry entry, long atMillis) {
    writer.writeStartDocument(place(entry));
    what(writer, entry);
    writer.writeDateTime(OwnForms.AT, atMillis);
    writer.writeEndDocument();
  }

  private static void what(BsonBinaryWriter writer, LedgerEntry entry) {
    if (entry.log().equals(LedgerEntry.FOLD_LOG)) {
      byte[] shadow = entry.shadow();
      writer.writeBinaryData(
          OwnForms.SHADOW, new BsonBinary(shadow == null ? new byte[0] : shadow));
    } else {
      writer.writeString(OwnForms.VERSION, HexFormat.of().formatHex(entry.version()));
    }
    writer.writeBoolean(OwnForms.DELETED, entry.deleted());
    writer.writeInt32(OwnForms.HOPS, entry.hops());
  }

  /** What one document holds. */
  static List<LedgerEntry> entries(RawBsonDocument row) {
    BsonBytes.Slice slice = BsonBytes.Slice.of(row);
    byte[] bytes = slice.bytes();
    int start = slice.start();
    OwnForms.check(OwnCollections.LEDGER, BsonBytes.int32(bytes, need(bytes, start, "format")));
    int id = need(bytes, start, "_id");
    EntityKey key = new EntityKey(text(bytes, id, "e"), text(bytes, id, "i"));
    List<LedgerEntry> entries = new ArrayList<>(2);
    int logs = BsonBytes.value(bytes, start, "logs");
    if (logs >= 0) {
      int at = logs + Integer.BYTES;
      for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
        int end = BsonBytes.endOfName(bytes, at + 1);
        String log = OwnForms.log(BsonBytes.text(bytes, at + 1, end));
        byte[] version = HexFormat.of().parseHex(text(bytes, end + 1, OwnForms.VERSION));
        entries.add(
            new LedgerEntry(
                key, log, version, deleted(bytes, end + 1), null, hops(bytes, end + 1)));
        at = BsonBytes.skip(bytes, type, end + 1);
      }
    }
    int fold = BsonBytes.value(bytes, start, OwnForms.FOLD);
    if (fold >= 0) {
      byte[] shadow = BsonBytes.binary(bytes, need(bytes, fold, OwnForms.SHADOW));
      entries.add(
          new LedgerEntry(
              key,
              LedgerEntry.FOLD_LOG,
              new byte[0],
              deleted(bytes, fold),
              shadow,
              hops(bytes, fold)));
    }
    return entries;
  }

  private static int need(byte[] bytes, int start, String name) {
    int at = BsonBytes.value(bytes, start, name);
    if (at < 0) {
      throw Invariant.broken("a document of the ledger without '%s'", name);
    }
    return at;
  }

  private static String text(byte[] bytes, int start, String name) {
    int at = need(bytes, start, name);
    int from = at + Integer.BYTES;
    return BsonBytes.text(bytes, from, from + BsonBytes.int32(bytes, at) - 1);
  }

  private static boolean deleted(byte[] bytes, int entry) {
    return bytes[need(bytes, entry, OwnForms.DELETED)] != 0;
  }

  private static int hops(byte[] bytes, int entry) {
    return BsonBytes.int32(bytes, need(bytes, entry, OwnForms.HOPS));
  }
}
