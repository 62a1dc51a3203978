package io.millrace.cdc.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.event.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.conversions.Bson;

/**
 * What one transaction does with the application's documents. What is written waits until somebody
 * asks for one of these documents, or for the end; then one mark names all that is written, and the
 * writes follow in their order. A document is read once: nobody else's write is seen within a
 * transaction. Used by one thread.
 */
final class RowSteps {
  private static final int KEYS_PER_REQUEST = 5_000;

  /** A request has at most 16 MB. */
  private static final long CHARACTERS_PER_REQUEST = 4 << 20;

  /** A mark is a document, and has at most 16 MB. */
  private static final long MOST_MARK_BYTES = 12 << 20;

  /** Of a named row besides its texts. */
  private static final int ROW_BYTES = 32;

  private static final int MOST_BYTES_OF_A_CHARACTER = 3;
  private static final ReplaceOptions UPSERT = new ReplaceOptions().upsert(true);

  /** What a mark says in the place of a key where every document of the collection is meant. */
  private static final Set<String> EVERY_DOCUMENT = Set.of("");

  private final MongoSession session;
  private final TransactionSteps steps;
  private final List<Group> pending = new ArrayList<>();

  /** Collection to the canonical keys of what is pending. */
  private final Map<String, Set<String>> named = new LinkedHashMap<>();

  /** Documents by their canonical keys, empty for what is not there. */
  private final IdentityHashMap<Documents, Map<String, Optional<Row>>> seen =
      new IdentityHashMap<>();

  private int hops;
  private boolean atOnce;

  /** Writes that do not depend on each other. */
  private record Group(String collection, List<? extends WriteModel<BsonDocument>> writes) {}

  RowSteps(MongoSession session, TransactionSteps steps) {
    this.session = session;
    this.steps = steps;
  }

  /**
   * Stored documents, as far as they are there.
   *
   * @param ids the documents' ids by their canonical texts
   */
  List<Row> find(Documents documents, Map<String, BsonValue> ids) {
    if (ids.keySet().stream().anyMatch(id -> isPending(documents.collection(), id))) {
      send();
    }
    Map<String, Optional<Row>> known = seen.computeIfAbsent(documents, d -> new HashMap<>());
    List<BsonValue> missing = new ArrayList<>();
    long characters = 0;
    for (Map.Entry<String, BsonValue> id : ids.entrySet()) {
      if (known.putIfAbsent(id.getKey(), Optional.empty()) == null) {
        missing.add(id.getValue());
        characters += id.getKey().length();
        if (missing.size() == KEYS_PER_REQUEST || characters > CHARACTERS_PER_REQUEST) {
          read(documents, missing, known);
          missing.clear();
          characters = 0;
        }
      }
    }
    read(documents, missing, known);
    List<Row> found = new ArrayList<>(ids.size());
    ids.keySet().forEach(text -> known.getOrDefault(text, Optional.empty()).ifPresent(found::add));
    return found;
  }

  private void read(Documents of, List<BsonValue> ids, Map<String, Optional<Row>> known) {
    if (!ids.isEmpty()) {
      for (Row document :
          of.rows(
              steps.find(
                  RawBsonDocument.class,
                  of.collection(),
                  Filters.in("_id", List.copyOf(ids)),
                  of.projection()))) {
        known.put(Documents.canonical(document), Optional.of(document));
      }
    }
  }

  private boolean isPending(String collection, String id) {
    Set<String> ids = named.getOrDefault(collection, Set.of());
    return ids.contains(id) || ids.containsAll(EVERY_DOCUMENT);
  }

  /** Whole documents that a filter finds. */
  List<RawBsonDocument> query(String collection, Bson filter) {
    if (named.containsKey(collection)) {
      send();
    }
    return steps.find(RawBsonDocument.class, collection, filter, null);
  }

  /** Writes documents, at once or later; no writes are none. */
  void write(Rows rows, List<RowWrite> writes, List<? extends WriteModel<BsonDocument>> models) {
    int most = writes.stream().mapToInt(RowWrite::hops).max().orElse(0);
    write(rows.collection(), rows.documents(writes), most, models);
  }

  /** Writes documents that nobody can name. */
  void writeAny(String collection, int most, WriteModel<BsonDocument> model) {
    write(collection, EVERY_DOCUMENT, most, List.of(model));
  }

  private void write(
      String collection,
      Set<String> documents,
      int most,
      List<? extends WriteModel<BsonDocument>> models) {
    if (models.isEmpty()) {
      return;
    }
    pending.add(new Group(collection, models));
    named.computeIfAbsent(collection, c -> new LinkedHashSet<>()).addAll(documents);
    hops = Math.max(hops, most);
    seen.forEach(
        (of, known) -> {
          if (of.collection().equals(collection)) {
            if (documents.equals(EVERY_DOCUMENT)) {
              known.clear();
            } else {
              known.keySet().removeAll(documents);
            }
          }
        });
    if (atOnce) {
      send();
    }
  }

  /** From here on, what is written is sent at once. */
  void sendAtOnce() {
    send();
    atOnce = true;
  }

  /** Steps were undone. */
  void forget() {
    seen.clear();
    clear();
  }

  private void clear() {
    pending.clear();
    named.clear();
    hops = 0;
  }

  /** Sends what is pending. */
  void send() {
    if (pending.isEmpty()) {
      return;
    }
    List<Group> groups = List.copyOf(pending);
    RawBsonDocument mark = mark();
    clear();
    try {
      steps.write(
          "writing " + Marks.COLLECTION,
          Marks.COLLECTION,
          (database, in) ->
              database
                  .getCollection(Marks.COLLECTION, RawBsonDocument.class)
                  .replaceOne(in, Filters.eq("_id", session.markId()), mark, UPSERT));
      groups.forEach(group -> steps.bulk(group.collection(), group.writes()));
    } catch (IllegalArgumentException e) {
      throw new RejectedException(String.valueOf(e.getMessage()), e); // what BSON cannot hold
    }
  }

  private long markBytes() {
    long bytes = 0;
    for (Map.Entry<String, Set<String>> keys : named.entrySet()) {
      for (String key : keys.getValue()) {
        int texts = keys.getKey().length() + key.length();
        bytes += ROW_BYTES + (long) MOST_BYTES_OF_A_CHARACTER * texts;
      }
    }
    return bytes;
  }

  /**
   * Names the documents that the next writes are about; {@link Marks} reads it. More than a mark
   * can hold are named by their collections: nobody else writes in this transaction.
   */
  private RawBsonDocument mark() {
    return LedgerForm.document(
        writer -> {
          writer.writeString("_id", session.markId());
          writer.writeInt64("mark", session.nextMark());
          writer.writeInt32("hops", hops);
          writer.writeDateTime("at", session.site().clock().millis());
          writer.writeStartArray("rows");
          boolean all = markBytes() <= MOST_MARK_BYTES;
          named.forEach(
              (collection, keys) -> {
                for (String key : all ? keys : EVERY_DOCUMENT) {
                  writer.writeStartDocument();
                  writer.writeString("c", collection);
                  writer.writeString("k", key);
                  writer.writeEndDocument();
                }
              });
          writer.writeEndArray();
        });
  }
}
