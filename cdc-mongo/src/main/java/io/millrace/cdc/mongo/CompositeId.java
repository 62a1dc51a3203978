package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import org.jspecify.annotations.Nullable;

/**
 * An {@code _id} that is a document of plain values is a key of several parts, as other databases
 * have them. Any other document is one value of a key: one with documents or lists in it, with no
 * fields, or with names that cannot stand in a path.
 */
final class CompositeId {
  private CompositeId() {}

  /** The parts; null where it is one value. */
  static @Nullable Row parts(Value id) {
    if (!(id instanceof Value.DocumentValue document) || document.fields().size() == 0) {
      return null;
    }
    Row parts = document.fields();
    for (int i = 0; i < parts.size(); i++) {
      Value.Kind kind = parts.value(i).kind();
      if (kind == Value.Kind.DOCUMENT
          || kind == Value.Kind.LIST
          || parts.name(i).isEmpty()
          || parts.name(i).indexOf('.') >= 0) {
        return null;
      }
    }
    return parts;
  }
}
