package io.millrace.cdc.mongo;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One collection to capture.
 *
 * @param name of the collection
 * @param entity logical name in the events
 * @param oldState whether the state before a change is asked for
 * @param ignoredWhenAlone top-level fields whose change alone is no change
 * @param excluded top-level fields that are not part of the events
 * @param optional top-level fields that are null in the events where a document lacks them
 * @param fields the entity's names for top-level fields that are renamed
 */
record CapturedCollection(
    String name,
    String entity,
    boolean oldState,
    Set<String> ignoredWhenAlone,
    Set<String> excluded,
    List<String> optional,
    Map<String, String> fields) {
  CapturedCollection {
    ignoredWhenAlone = Set.copyOf(ignoredWhenAlone);
    excluded = Set.copyOf(excluded);
    optional = List.copyOf(optional);
    fields = Map.copyOf(fields);
  }

  /** What a top-level field is called in the events. */
  String field(String original) {
    return fields.getOrDefault(original, original);
  }

  byte[] utf8() {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
