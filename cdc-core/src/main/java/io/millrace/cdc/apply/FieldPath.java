package io.millrace.cdc.apply;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fields that lie in nested documents, named by a path of names joined by dots. */
public final class FieldPath {
  private FieldPath() {}

  /**
   * The value at a path, null where there is none; a field whose own name holds dots comes first.
   */
  public static @Nullable Value get(Row row, String path) {
    Value value = row.get(path);
    int dot = path.indexOf('.');
    while (value == null && dot > 0) {
      Value outer = row.get(path.substring(0, dot));
      if (outer instanceof Value.DocumentValue document) {
        return get(document.fields(), path.substring(dot + 1));
      }
      if (outer != null && outer.isNull()) {
        return outer;
      }
      dot = path.indexOf('.', dot + 1);
    }
    return value;
  }

  /** Which of the fields a list of changed paths touches: the field, what is in it or around it. */
  static List<String> touched(List<String> fields, List<String> changed) {
    List<String> touched = new ArrayList<>(changed.size());
    for (String field : fields) {
      for (String path : changed) {
        if (touches(field, path)) {
          touched.add(field);
          break;
        }
      }
    }
    return touched;
  }

  /** Whether one of two paths leads to or through the other. */
  public static boolean touches(String field, String path) {
    int common = Math.min(field.length(), path.length());
    return field.regionMatches(0, path, 0, common)
        && (field.length() == path.length()
            || (field.length() > common ? field : path).charAt(common) == '.');
  }
}
