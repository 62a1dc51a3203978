package io.millrace.cdc.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.UpdateManyModel;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.FieldPath;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are the elements of a list in the documents of another entity. The list is written as a
 * whole, which no other writer can come between: the transaction would be undone.
 */
final class Elements implements Rows {
  private final FieldMap fields;
  private final Documents parents;
  private final Nesting nesting;
  private final String list;
  private final List<String> elementKey;

  /**
   * Elements of a list.
   *
   * @param list path of the list in the parents' documents
   */
  Elements(FieldMap fields, Documents parents, Nesting nesting, String list) {
    this.fields = fields;
    this.parents = parents;
    this.nesting = nesting;
    this.list = list;
    this.elementKey =
        nesting.key().stream().filter(field -> !nesting.parentKey().contains(field)).toList();
  }

  @Override
  public FieldMap fields() {
    return fields;
  }

  @Override
  public String collection() {
    return parents.collection();
  }

  /** The parent's key out of an element's. */
  private Row parentKey(Row key) {
    Value[] values = new Value[nesting.parentKey().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = key.value(key.names().indexOf(nesting.parentKey().get(i)));
    }
    FieldNames names = parents.fields().keyFields();
    return parents.fields().convertKey(Row.wrap(names, values, false));
  }

  /** The text by which an element is found in its list; null where it has no key. */
  private @Nullable String own(Row element) {
    Row.Builder key = Row.builder();
    for (String field : elementKey) {
      Value value = fields.at(element, field);
      if (value == null || !isScalar(value)) {
        return null;
      }
      key.put(field, value);
    }
    return CanonicalId.of(key.build());
  }

  private static boolean isScalar(Value value) {
    return switch (value.kind()) {
      case NULL, LIST, DOCUMENT, JSON -> false;
      case BOOL,
          INT32,
          INT64,
          UINT64,
          DOUBLE,
          FLOAT,
          DECIMAL,
          STRING,
          BYTES,
          DATE,
          TIME,
          DATETIME,
          TIMESTAMP,
          UUID,
          RAW ->
          true;
    };
  }

  private String ownOfKey(Row key) {
    Row.Builder own = Row.builder();
    elementKey.forEach(field -> own.put(field, key.value(key.names().indexOf(field))));
    return CanonicalId.of(own.build());
  }

  private List<Value> elements(Row document) {
    Value found = FieldPath.get(document, list);
    return found instanceof Value.ListValue values ? values.values() : List.of();
  }

  @Override
  public Map<EntityKey, Row> read(RowSteps steps, Map<EntityKey, Row> keys) {
    Map<String, BsonValue> ids = new LinkedHashMap<>();
    Map<String, Map<String, EntityKey>> wanted = new HashMap<>();
    keys.forEach(
        (key, row) -> {
          Row parent = parentKey(row);
          String id = CanonicalId.of(parent);
          ids.computeIfAbsent(id, i -> parents.id(parent));
          wanted.computeIfAbsent(id, i -> new HashMap<>()).put(ownOfKey(row), key);
        });
    Map<EntityKey, Row> found = new LinkedHashMap<>();
    for (Row document : steps.find(parents, ids)) {
      Map<String, EntityKey> here = wanted.getOrDefault(Documents.canonical(document), Map.of());
      for (Value element : elements(document)) {
        String own = element instanceof Value.DocumentValue row ? own(row.fields()) : null;
        EntityKey key = own == null ? null : here.get(own);
        if (key != null) {
          found.put(key, fields.read(((Value.DocumentValue) element).fields()));
        }
      }
    }
    return found;
  }

  /** The elements of some parents, each with its own key and its parent's. */
  List<Row> children(RowSteps steps, Collection<Row> parentKeys) {
    Map<String, BsonValue> ids = new LinkedHashMap<>();
    for (Row key : parentKeys) {
      Row parent = parents.fields().convertKey(key);
      ids.put(CanonicalId.of(parent), parents.id(parent));
    }
    List<Row> children = new ArrayList<>();
    for (Row document : steps.find(parents, ids)) {
      List<Value> parent = Documents.key(document);
      for (Value element : elements(document)) {
        if (element instanceof Value.DocumentValue row && own(row.fields()) != null) {
          children.add(child(parent, row.fields()));
        }
      }
    }
    return children;
  }

  private Row child(List<Value> parent, Row element) {
    Row.Builder child = Row.builder();
    for (int i = 0; i < nesting.parentKey().size(); i++) {
      child.put(nesting.parentKey().get(i), parent.get(i));
    }
    for (String field : elementKey) {
      Value value = fields.at(element, field);
      if (value != null) {
        child.put(field, value);
      }
    }
    return child.build();
  }

  @Override
  public Set<String> documents(List<RowWrite> writes) {
    Set<String> written = new LinkedHashSet<>();
    for (RowWrite write : writes) {
      if (write.kind() != RowWrite.Kind.NONE) {
        written.add(CanonicalId.of(parentKey(write.keyValues())));
      }
    }
    return written;
  }

  @Override
  public void write(RowSteps steps, List<RowWrite> writes) {
    Map<String, List<RowWrite>> byParent = new LinkedHashMap<>();
    Map<String, BsonValue> ids = new LinkedHashMap<>();
    for (RowWrite write : writes) {
      if (write.kind() != RowWrite.Kind.NONE) {
        Row parent = parentKey(write.keyValues());
        String id = CanonicalId.of(parent);
        ids.computeIfAbsent(id, i -> parents.id(parent));
        byParent.computeIfAbsent(id, i -> new ArrayList<>()).add(write);
      }
    }
    if (ids.isEmpty()) {
      return;
    }
    Map<String, Row> documents = new HashMap<>();
    steps
        .find(parents, ids)
        .forEach(document -> documents.put(Documents.canonical(document), document));
    List<WriteModel<BsonDocument>> models = new ArrayList<>(byParent.size());
    byParent.forEach(
        (parent, group) -> {
          Row document = documents.get(parent);
          if (document != null) {
            models.add(
                new UpdateOneModel<>(
                    Filters.eq("_id", ids.get(parent)),
                    Updates.set(list, edited(elements(document), group))));
          } else if (group.stream().anyMatch(write -> write.kind() != RowWrite.Kind.DELETE)) {
            throw parents.missing(group.get(0).key().toString(), parent);
          }
        });
    steps.write(this, writes, models);
  }

  /** The list with these rows written into it; what stays keeps its place. */
  private BsonArray edited(List<Value> before, List<RowWrite> writes) {
    Map<String, RowWrite> open = new LinkedHashMap<>();
    writes.forEach(write -> open.put(ownOfKey(write.keyValues()), write));
    BsonArray after = new BsonArray();
    for (Value element : before) {
      BsonValue stored = BsonValues.of(element);
      String own = element instanceof Value.DocumentValue row ? own(row.fields()) : null;
      RowWrite write = own == null ? null : open.remove(own);
      if (write == null) {
        after.add(stored);
      } else if (write.kind() != RowWrite.Kind.DELETE) {
        after.add(edited(stored.asDocument(), write));
      }
    }
    open.values().stream()
        .filter(write -> write.kind() != RowWrite.Kind.DELETE)
        .forEach(write -> after.add(edited(new BsonDocument(), write)));
    return after;
  }

  private BsonDocument edited(BsonDocument element, RowWrite write) {
    boolean whole = !fields.explicit() && !write.values().partial();
    BsonDocument made = whole || element.isEmpty() ? key(write) : element;
    BsonPaths.set(made, fields, write);
    return made;
  }

  private BsonDocument key(RowWrite write) {
    BsonDocument made = new BsonDocument();
    Row key = write.keyValues();
    for (String field : elementKey) {
      BsonPaths.put(
          made, fields.field(field).path(), BsonValues.of(key.value(key.names().indexOf(field))));
    }
    return made;
  }

  @Override
  public void vacate(RowSteps steps, List<RowWrite> writes) {
    // No index makes the elements of a list unique.
  }

  @Override
  public void truncate(RowSteps steps, int hops) {
    steps.writeAny(
        collection(),
        hops,
        new UpdateManyModel<>(Filters.exists(list), Updates.set(list, new BsonArray())));
  }
}
