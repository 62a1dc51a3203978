package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.event.ChangeEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/**
 * What the user said about one entity.
 *
 * @param collection empty where nothing is written
 * @param paths field to path, in order; empty where everything is mapped by name
 */
record CollectionMapping(
    String entity,
    EntityMode mode,
    String collection,
    Map<String, String> paths,
    Map<String, BsonType> types,
    Set<String> optional,
    @Nullable Consumer<ChangeEvent> handler) {

  static CollectionMapping of(
      String entity, EntityMode mode, String collection, DocumentMapping mapping) {
    return new CollectionMapping(
        entity,
        mode,
        collection,
        new LinkedHashMap<>(mapping.paths()),
        Map.copyOf(mapping.types()),
        Set.copyOf(mapping.optional()),
        null);
  }

  static CollectionMapping handled(String entity, Consumer<ChangeEvent> handler) {
    return new CollectionMapping(
        entity, EntityMode.HANDLER, "", Map.of(), Map.of(), Set.of(), handler);
  }

  static CollectionMapping ignored(String entity) {
    return new CollectionMapping(
        entity, EntityMode.IGNORED, "", Map.of(), Map.of(), Set.of(), null);
  }

  boolean explicit() {
    return !paths.isEmpty();
  }

  boolean written() {
    return !collection.isEmpty();
  }
}
