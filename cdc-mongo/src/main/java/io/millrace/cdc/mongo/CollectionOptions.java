package io.millrace.cdc.mongo;

import io.millrace.cdc.internal.Check;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How one collection is captured; see {@link MongoSource.Builder#capture}. A collection has no
 * schema to hold names against: one that no document has is not noticed. Not thread-safe.
 */
public final class CollectionOptions {
  private final String collection;
  private String entity;
  private boolean oldState;
  private final Set<String> ignoredWhenAlone = new LinkedHashSet<>();
  private final Set<String> excluded = new LinkedHashSet<>();
  private final Set<String> optional = new LinkedHashSet<>();
  private final Map<String, String> fields = new LinkedHashMap<>();

  CollectionOptions(String collection) {
    this.collection = collection;
    this.entity = collection;
  }

  /** The logical name that stands in the events; default the collection's name. */
  public CollectionOptions entity(String name) {
    entity = Check.notBlank(name, "entity");
    return this;
  }

  /**
   * Asks for the state before each change and the exact state after it. Needs server 6.0 and the
   * collection's {@code changeStreamPreAndPostImages}; {@link MongoRegistration#install()} switches
   * them on. Where both sites write the lists in its documents ({@code nest} in shared mode), a
   * list then takes away only what its writer took out. Default: no state before, and after an
   * update the document as it stands when the change is read.
   */
  public CollectionOptions oldState() {
    oldState = true;
    return this;
  }

  /** Top-level fields whose change is no event when nothing else changed. */
  public CollectionOptions ignoreWhenAlone(String... names) {
    for (String name : names) {
      ignoredWhenAlone.add(Check.notBlank(name, "field"));
    }
    return this;
  }

  /** Top-level fields that are left out of the events; {@code _id} cannot be. */
  public CollectionOptions exclude(String... names) {
    for (String name : names) {
      Check.argument(!name.equals("_id"), "_id is the key and cannot be excluded");
      excluded.add(Check.notBlank(name, "field"));
    }
    return this;
  }

  /**
   * Top-level fields that a document may lack: its events then hold null for them, and a field that
   * is removed becomes null. Tell it for what a table with columns has to be filled from.
   */
  public CollectionOptions optional(String... names) {
    for (String name : names) {
      optional.add(Check.notBlank(name, "field"));
    }
    return this;
  }

  /** The entity's name for a top-level field; {@code rename("_id", "id")} for the key. */
  public CollectionOptions rename(String name, String field) {
    Check.notBlank(field, "field");
    Check.argument(!fields.containsValue(field), "two fields are renamed to '%s'", field);
    String earlier = fields.put(Check.notBlank(name, "name"), field);
    Check.argument(earlier == null, "field '%s' is renamed twice", name);
    return this;
  }

  CapturedCollection toCollection() {
    return new CapturedCollection(
        collection, entity, oldState, ignoredWhenAlone, excluded, List.copyOf(optional), fields);
  }
}
