package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which fields an update has changed: dotted paths, but for an array the top-level field that holds
 * it, since an array is reported and applied as a whole.
 */
final class ChangedPaths {
  private final CapturedCollection collection;
  private final Set<String> paths = new LinkedHashSet<>();
  private boolean matters;

  ChangedPaths(CapturedCollection collection) {
    this.collection = collection;
  }

  /**
   * Takes a path as the update description names it.
   *
   * @param document the document after the update, or null where it is not known
   */
  void add(String path, @Nullable Row document) {
    take(path, document, false);
  }

  /** Takes the path of an array that was made shorter. */
  void addArray(String path, @Nullable Row document) {
    take(path, document, true);
  }

  /**
   * A field's own name may hold dots, and the description does not tell them from those of the
   * path: where the document has several fields that may be meant, all of them are.
   */
  private void take(String path, @Nullable Row document, boolean array) {
    boolean found = false;
    if (document != null) {
      for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
        if (document.has(path.substring(0, dot))) {
          take(path, dot, document, array);
          found = true;
        }
      }
      found |= document.has(path);
    }
    int dot = path.indexOf('.');
    if (dot < 0 || (document != null && document.has(path))) {
      take(path, -1, document, array);
    } else if (!found) {
      take(path, dot, document, array);
    }
  }

  /**
   * @param dot where the top-level field's name ends, -1 where it is the whole path
   */
  private void take(String path, int dot, @Nullable Row document, boolean array) {
    String top = dot < 0 ? path : path.substring(0, dot);
    if (collection.excluded().contains(top)) {
      return;
    }
    matters |= !collection.ignoredWhenAlone().contains(top);
    String field = collection.field(top);
    if (dot < 0 || array || isToldWhole(path, dot, document == null ? null : document.get(top))) {
      paths.add(field);
    } else {
      paths.add(field + path.substring(dot));
    }
  }

  /** Whether a path leads through an array, or through a name with dots of its own. */
  private static boolean isToldWhole(String path, int dot, @Nullable Value top) {
    Value value = top;
    int at = dot + 1;
    while (at <= path.length()) {
      if (value instanceof Value.ListValue) {
        return true;
      }
      int next = path.indexOf('.', at);
      String name = path.substring(at, next < 0 ? path.length() : next);
      if (value instanceof Value.DocumentValue document) {
        if (next >= 0 && hasDottedName(document.fields(), path, at)) {
          return true;
        }
        value = document.fields().get(name);
      } else if (isNumber(name)) {
        return true; // an element, as far as anybody can tell
      } else {
        value = null;
      }
      at = next < 0 ? path.length() + 1 : next + 1;
    }
    return false;
  }

  /** Whether the path may go on with a name that holds dots. */
  private static boolean hasDottedName(Row document, String path, int at) {
    for (int dot = path.indexOf('.', at); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      int end = path.indexOf('.', dot + 1);
      if (document.has(path.substring(at, end < 0 ? path.length() : end))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNumber(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Takes every field whose value differs. */
  void addDifferences(Row before, Row after) {
    for (int i = 0; i < after.size(); i++) {
      if (!after.value(i).equals(before.get(after.name(i)))) {
        add(after.name(i), after);
      }
    }
    for (int i = 0; i < before.size(); i++) {
      if (!after.has(before.name(i))) {
        add(before.name(i), after);
      }
    }
  }

  /** Whether anything changed that is not ignored when it changes alone. */
  boolean matters() {
    return matters;
  }

  /** A path whose parent was changed too is part of that. */
  Collection<String> paths() {
    paths.removeIf(
        path -> {
          for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
            if (paths.contains(path.substring(0, dot))) {
              return true;
            }
          }
          return false;
        });
    return paths;
  }
}
