package io.millrace.cdc.mongo;

import com.mongodb.client.model.DeleteManyModel;
import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.InsertOneModel;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.FieldPath;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/** Rows that are documents of their own. */
final class Documents implements Rows {
  private static final String ID = "_id";
  private static final String PART = "_id.";
  private static final BsonTimestamp NO_TIME = new BsonTimestamp(0);
  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);
  private static final ReplaceOptions REPLACE = new ReplaceOptions().upsert(true);

  private final FieldMap fields;
  private final StoredForm form;
  private final List<String> lists;
  private final Set<String> uniquePaths;
  private final @Nullable Bson projection;

  /**
   * Documents of a collection.
   *
   * @param lists paths of the lists whose elements are the rows of other entities
   * @param uniquePaths a path per unique index, which is given up for a moment where documents
   *     exchange values
   */
  Documents(FieldMap fields, StoredForm form, List<String> lists, Set<String> uniquePaths) {
    this.fields = fields;
    this.form = form;
    this.lists = List.copyOf(lists);
    this.uniquePaths = Set.copyOf(uniquePaths);
    this.projection = fields.explicit() ? projection(fields, this.lists) : null;
  }

  private static @Nullable Bson projection(FieldMap fields, List<String> lists) {
    BsonDocument projection = new BsonDocument(ID, new BsonInt32(1));
    for (String field : fields.otherFields().asList()) {
      String path = fields.field(field).path();
      if (lists.stream().anyMatch(list -> FieldPath.touches(path, list))) {
        return null; // the server takes no two paths that lead through each other
      }
      projection.append(path, new BsonInt32(1));
    }
    lists.forEach(list -> projection.append(list, new BsonInt32(1)));
    return projection;
  }

  @Override
  public FieldMap fields() {
    return fields;
  }

  @Override
  public String collection() {
    return fields.mapping().collection();
  }

  /** The {@code _id} of a converted key. */
  BsonValue id(Row key) {
    if (key.size() == 1 && !path(key, 0).startsWith(PART)) {
      return BsonValues.of(key.value(0));
    }
    BsonDocument id = new BsonDocument();
    for (int i = 0; i < key.size(); i++) {
      String path = path(key, i);
      id.append(path.substring(path.lastIndexOf('.') + 1), BsonValues.of(key.value(i)));
    }
    return id;
  }

  private String path(Row key, int index) {
    return fields.field(key.name(index)).path();
  }

  /** The key of a stored document, its parts in their order. */
  static List<Value> key(Row document) {
    Value id = document.value(document.names().indexOf(ID));
    Row parts = CompositeId.parts(id);
    if (parts == null) {
      return List.of(id);
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      values.add(parts.value(i));
    }
    return values;
  }

  /** The canonical text of a stored document's key, as its reader has it. */
  static String canonical(Row document) {
    List<Value> key = key(document);
    Row.Builder row = Row.builder();
    for (int i = 0; i < key.size(); i++) {
      row.put(ID + i, key.get(i));
    }
    return CanonicalId.of(row.build());
  }

  /** What is to be read of a document; null for all of it. */
  @Nullable Bson projection() {
    return projection;
  }

  /** Stored documents as rows. */
  List<Row> rows(List<RawBsonDocument> documents) {
    return documents.stream().map(form::row).toList();
  }

  @Override
  public Map<EntityKey, Row> read(RowSteps steps, Map<EntityKey, Row> keys) {
    Map<String, EntityKey> byId = new HashMap<>();
    Map<String, BsonValue> ids = new LinkedHashMap<>();
    keys.forEach(
        (key, row) -> {
          String text = CanonicalId.of(row);
          byId.put(text, key);
          ids.put(text, id(row));
        });
    Map<EntityKey, Row> found = new LinkedHashMap<>();
    for (Row document : steps.find(this, ids)) {
      EntityKey key = byId.get(canonical(document));
      if (key != null) {
        found.put(key, fields.read(document));
      }
    }
    return found;
  }

  /** Documents that name one of some parents, each with its own key and its parent's. */
  List<Row> children(RowSteps steps, Nesting nesting, Collection<Row> parents) {
    List<Bson> any = new ArrayList<>(parents.size());
    for (Row parent : parents) {
      List<Bson> all = new ArrayList<>();
      for (int i = 0; i < nesting.parentKey().size() && i < parent.size(); i++) {
        String field = nesting.parentKey().get(i);
        all.add(
            Filters.eq(
                fields.field(field).path(), BsonValues.of(fields.convert(field, parent.value(i)))));
      }
      any.add(Filters.and(all));
    }
    return rows(steps.query(collection(), Filters.or(any))).stream()
        .map(document -> child(document, nesting))
        .toList();
  }

  private Row child(Row document, Nesting nesting) {
    Set<String> names = new LinkedHashSet<>(nesting.parentKey());
    names.addAll(nesting.key());
    Row.Builder child = Row.builder();
    for (String name : names) {
      Value value = fields.at(document, name);
      if (value != null) {
        child.put(name, value);
      }
    }
    return child.build();
  }

  @Override
  public Set<String> documents(List<RowWrite> writes) {
    Set<String> written = new LinkedHashSet<>();
    for (RowWrite write : writes) {
      if (write.kind() != RowWrite.Kind.NONE) {
        written.add(CanonicalId.of(write.keyValues()));
        if (write.from() != null) {
          written.add(CanonicalId.of(write.from()));
        }
      }
    }
    return written;
  }

  @Override
  public void write(RowSteps steps, List<RowWrite> writes) {
    List<WriteModel<BsonDocument>> left = new ArrayList<>();
    List<WriteModel<BsonDocument>> models = new ArrayList<>(writes.size());
    for (RowWrite write : writes) {
      BsonValue id = id(write.keyValues());
      switch (write.kind()) {
        case UPSERT -> {
          if (write.from() == null) {
            models.add(upsert(id, write));
          } else {
            move(steps, id, write, left, models);
          }
        }
        case MOVE, RENAME -> move(steps, id, write, left, models);
        case INSERT -> models.add(new InsertOneModel<>(whole(id, write)));
        case UPDATE -> models.add(new UpdateOneModel<>(Filters.eq(ID, id), update(write)));
        case DELETE -> models.add(new DeleteOneModel<>(Filters.eq(ID, id)));
        case NONE -> {}
      }
    }
    steps.write(this, writes, left);
    steps.write(this, writes, models);
  }

  /**
   * Writes a document anew under another {@code _id}, which cannot be changed, with everything that
   * the mapping does not name. The old one goes first, for the sake of unique indexes.
   *
   * @param left takes the removal of the old one
   */
  private void move(
      RowSteps steps,
      BsonValue id,
      RowWrite write,
      List<WriteModel<BsonDocument>> left,
      List<WriteModel<BsonDocument>> models) {
    BsonValue old = id(Objects.requireNonNull(write.from()));
    List<RawBsonDocument> found = steps.query(collection(), Filters.eq(ID, old));
    if (found.isEmpty()) {
      if (write.kind() != RowWrite.Kind.RENAME) {
        models.add(upsert(id, write));
      }
      return;
    }
    BsonDocument before = found.get(0).decode(new BsonDocumentCodec());
    BsonDocument document = new BsonDocument(ID, id);
    if (fields.explicit() || write.kind() == RowWrite.Kind.RENAME || write.values().partial()) {
      before.forEach(document::putIfAbsent);
      BsonPaths.set(document, fields, write);
    } else {
      document = whole(id, write); // nothing of it is not mapped but the rows in its lists
      for (String list : lists) {
        BsonValue rows = BsonPaths.get(before, list);
        BsonPaths.put(document, list, rows == null ? new BsonArray() : rows);
      }
    }
    left.add(new DeleteOneModel<>(Filters.eq(ID, old)));
    models.add(replace(id, document));
  }

  private WriteModel<BsonDocument> upsert(BsonValue id, RowWrite write) {
    if (!fields.explicit() && !write.values().partial()) {
      return replace(id, whole(id, write));
    }
    if (!fields.explicit()
        && write.values().names().asList().stream().anyMatch(Documents::isNoPath)) {
      return named(id, write);
    }
    BsonDocument update = update(write);
    BsonDocument onInsert = new BsonDocument();
    lists.forEach(list -> onInsert.append(list, new BsonArray()));
    if (update.isEmpty() && onInsert.isEmpty()) {
      onInsert.append(ID, id); // an update must not be empty
    }
    if (!onInsert.isEmpty()) {
      update.append("$setOnInsert", onInsert);
    }
    return new UpdateOneModel<>(Filters.eq(ID, id), update, UPSERT);
  }

  /**
   * A document may hold a field whose name begins with a dollar, which a replacement may not name,
   * and an empty timestamp, in the place of which a replacement puts the time.
   */
  private static WriteModel<BsonDocument> replace(BsonValue id, BsonDocument document) {
    if (document.entrySet().stream()
        .noneMatch(field -> field.getKey().startsWith("$") || field.getValue().equals(NO_TIME))) {
      return new ReplaceOneModel<>(Filters.eq(ID, id), document, REPLACE);
    }
    BsonDocument literally = new BsonDocument("$literal", document);
    return new UpdateOneModel<>(
        Filters.eq(ID, id), List.of(new BsonDocument("$replaceWith", literally)), UPSERT);
  }

  private static boolean isNoPath(String name) {
    return name.isEmpty() || name.indexOf('.') >= 0 || name.startsWith("$");
  }

  /** Sets fields by names that cannot stand in an update; a server before 5.0 refuses it. */
  private WriteModel<BsonDocument> named(BsonValue id, RowWrite write) {
    BsonDocument set = new BsonDocument();
    BsonPaths.changes(fields, write, set, new BsonDocument());
    BsonValue all = new BsonString("$$ROOT");
    for (Map.Entry<String, BsonValue> field : set.entrySet()) {
      BsonDocument name = new BsonDocument("$literal", new BsonString(field.getKey()));
      BsonDocument value = new BsonDocument("$literal", field.getValue());
      all =
          new BsonDocument(
              "$setField",
              new BsonDocument("field", name).append("input", all).append("value", value));
    }
    return new UpdateOneModel<>(
        Filters.eq(ID, id), List.of(new BsonDocument("$replaceWith", all)), UPSERT);
  }

  private BsonDocument whole(BsonValue id, RowWrite write) {
    BsonDocument document = new BsonDocument(ID, id);
    BsonPaths.set(document, fields, write);
    lists.forEach(list -> BsonPaths.put(document, list, new BsonArray()));
    return document;
  }

  private BsonDocument update(RowWrite write) {
    BsonDocument set = new BsonDocument();
    BsonDocument unset = new BsonDocument();
    BsonPaths.changes(fields, write, set, unset);
    BsonDocument update = new BsonDocument();
    if (!set.isEmpty()) {
      update.append("$set", set);
    }
    if (!unset.isEmpty()) {
      update.append("$unset", unset);
    }
    return update;
  }

  @Override
  public void vacate(RowSteps steps, List<RowWrite> writes) {
    List<WriteModel<BsonDocument>> models = new ArrayList<>();
    for (RowWrite write : writes) {
      BsonDocument set = new BsonDocument();
      for (int i = 0; i < write.values().size(); i++) {
        String path = fields.field(write.values().name(i)).path();
        if (uniquePaths.contains(path)) {
          set.append(path, new BsonString("millrace-exchange-" + UUID.randomUUID()));
        }
      }
      if (!set.isEmpty()) {
        models.add(
            new UpdateOneModel<>(
                Filters.eq(ID, id(write.keyValues())), new BsonDocument("$set", set)));
      }
    }
    steps.write(this, writes, models);
  }

  @Override
  public void truncate(RowSteps steps, int hops) {
    steps.writeAny(collection(), hops, new DeleteManyModel<>(new BsonDocument()));
  }

  /** The documents' keys cannot be told. */
  RejectedException missing(String element, Object parent) {
    return new RejectedException(
        "%s belongs into document %s of collection %s, which is not there."
            .formatted(element, parent, collection()));
  }
}
