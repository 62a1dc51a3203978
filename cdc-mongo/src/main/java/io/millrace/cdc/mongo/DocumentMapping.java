package io.millrace.cdc.mongo;

import io.millrace.cdc.internal.Check;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.bson.BsonType;

/**
 * How the fields of an entity become those of a document. A path like {@code delivery.city} leads
 * into nested documents. The key goes to {@code _id}: {@code rename("id", "_id")}, or for a key of
 * several parts {@code rename("order_id", "_id.order_id")} and so on, in the order of the parts.
 *
 * <p>Without any field named, the whole state is the whole document, and the event's key its {@code
 * _id}. Not safe for use by several threads.
 */
public final class DocumentMapping {
  private static final Set<BsonType> TYPES =
      Set.of(
          BsonType.BOOLEAN,
          BsonType.INT32,
          BsonType.INT64,
          BsonType.DOUBLE,
          BsonType.DECIMAL128,
          BsonType.STRING,
          BsonType.OBJECT_ID,
          BsonType.DOCUMENT,
          BsonType.ARRAY);

  private final Map<String, String> paths = new LinkedHashMap<>();
  private final Map<String, BsonType> types = new LinkedHashMap<>();
  private final Set<String> optional = new LinkedHashSet<>();

  DocumentMapping() {}

  /** Maps fields to paths of the same name. What is not named is not written. */
  public DocumentMapping fields(String... names) {
    for (String name : names) {
      put(name, name);
    }
    return this;
  }

  /** Maps a field to a path of another name. */
  public DocumentMapping rename(String field, String path) {
    put(field, path);
    return this;
  }

  /**
   * What a mapped field is stored as, where the value alone would become something else: an int as
   * {@code DOUBLE}, a text as {@code OBJECT_ID}, JSON as {@code DOCUMENT} or {@code ARRAY}. A value
   * that cannot be that without a loss is refused.
   */
  public DocumentMapping as(String field, BsonType type) {
    Check.argument(TYPES.contains(type), "type %s is none of %s", type, TYPES);
    Check.argument(types.put(field, type) == null, "field '%s' has two types", field);
    return this;
  }

  /**
   * Mapped fields that a document may lack: a null takes the field away, and so does a whole state
   * without it. Other fields are null in a document where they are null, and have to be in a whole
   * state.
   */
  public DocumentMapping optional(String... fields) {
    for (String field : fields) {
      optional.add(Check.notBlank(field, "field"));
    }
    return this;
  }

  private void put(String field, String path) {
    Check.notBlank(field, "field");
    Check.notBlank(path, "path");
    Check.argument(!paths.containsKey(field), "field '%s' is mapped twice", field);
    for (String other : paths.values()) {
      Check.argument(
          !(path + ".").startsWith(other + ".") && !(other + ".").startsWith(path + "."),
          "paths '%s' and '%s' lead through each other",
          other,
          path);
    }
    paths.put(field, path);
  }

  /** The mapping, checked. */
  Map<String, String> paths() {
    for (String field : types.keySet()) {
      Check.argument(paths.containsKey(field), "field '%s' has a type but is not mapped", field);
    }
    for (String field : optional) {
      Check.argument(paths.containsKey(field), "field '%s' is optional but not mapped", field);
    }
    return paths;
  }

  Map<String, BsonType> types() {
    return types;
  }

  Set<String> optional() {
    return optional;
  }
}
