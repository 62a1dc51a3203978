package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** Fields at dotted paths of documents. */
final class BsonPaths {
  private BsonPaths() {}

  /** Puts a value at a path, with the documents on its way. */
  static void put(BsonDocument document, String path, BsonValue value) {
    BsonDocument at = document;
    int from = 0;
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
      String name = path.substring(from, dot);
      BsonValue next = at.get(name);
      if (!(next instanceof BsonDocument)) {
        next = new BsonDocument();
        at.put(name, next);
      }
      at = next.asDocument();
      from = dot + 1;
    }
    at.put(path.substring(from), value);
  }

  /** What is at a path; null where nothing is. */
  static @Nullable BsonValue get(BsonDocument document, String path) {
    BsonDocument at = document;
    int from = 0;
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
      if (!(at.get(path.substring(from, dot)) instanceof BsonDocument next)) {
        return null;
      }
      at = next;
      from = dot + 1;
    }
    return at.get(path.substring(from));
  }

  /** Takes away what is at a path. */
  static void remove(BsonDocument document, String path) {
    BsonDocument at = document;
    int from = 0;
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
      if (!(at.get(path.substring(from, dot)) instanceof BsonDocument next)) {
        return;
      }
      at = next;
      from = dot + 1;
    }
    at.remove(path.substring(from));
  }

  /** What an update sets and takes away. */
  static void changes(FieldMap fields, RowWrite write, BsonDocument set, BsonDocument unset) {
    Row values = write.values();
    for (int i = 0; i < values.size(); i++) {
      String name = values.name(i);
      if (isKey(fields, write, name)) {
        continue;
      }
      FieldMap.Field field = fields.field(name);
      Value value = values.value(i);
      if (value.isNull() && field.optional()) {
        unset.append(field.path(), BsonNull.VALUE);
      } else {
        set.append(field.path(), BsonValues.of(value));
      }
    }
  }

  /** Makes the same changes in a document. Where all is mapped by name, a name is no path. */
  static void set(BsonDocument document, FieldMap fields, RowWrite write) {
    BsonDocument set = new BsonDocument();
    BsonDocument unset = new BsonDocument();
    changes(fields, write, set, unset);
    if (!fields.explicit()) {
      document.putAll(set);
      return; // no field is optional
    }
    set.forEach((path, value) -> put(document, path, value));
    unset.keySet().forEach(path -> remove(document, path));
  }

  /** Where everything is mapped by name, the state holds the key's fields too. */
  private static boolean isKey(FieldMap fields, RowWrite write, String name) {
    return !fields.explicit() && (write.keyValues().has(name) || name.equals("_id"));
  }
}
