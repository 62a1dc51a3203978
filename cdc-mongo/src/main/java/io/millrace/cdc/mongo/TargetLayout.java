package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.event.ChangeEvent;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Mappings that were checked against the database.
 *
 * @param shared whether any entity is written by both sides
 */
record TargetLayout(
    Map<String, Rows> rows,
    Map<String, Consumer<ChangeEvent>> handlers,
    List<Nesting> nestings,
    List<String> parentsFirst,
    boolean shared) {
  /** Entities whose rows are elements in the documents of others. */
  Set<String> parts() {
    Set<String> parts = new HashSet<>();
    rows.forEach(
        (entity, of) -> {
          if (of instanceof Elements) {
            parts.add(entity);
          }
        });
    return parts;
  }
}
