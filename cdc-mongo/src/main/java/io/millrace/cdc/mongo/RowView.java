package io.millrace.cdc.mongo;

import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/** What the events of one collection show of its documents. Used by one thread. */
final class RowView {
  private static final int MOST_SHAPES = 1 << 10;

  private final CapturedCollection collection;
  private final boolean whole;
  private final IdentityHashMap<FieldNames, Layout> layouts = new IdentityHashMap<>();

  /**
   * @param from index in the document per field of the event, -1 for one that the document lacks
   */
  private record Layout(FieldNames names, int[] from) {}

  RowView(CapturedCollection collection) {
    this.collection = collection;
    this.whole =
        collection.excluded().isEmpty()
            && collection.optional().isEmpty()
            && collection.fields().isEmpty();
  }

  /**
   * The document's fields as the events name them.
   *
   * @param partial whether the document is only a part of what there is
   */
  Row of(Row document, boolean partial) {
    if (whole && !partial) {
      return document;
    }
    Layout layout = layout(document.names(), partial);
    Value[] values = new Value[layout.from().length];
    for (int i = 0; i < values.length; i++) {
      int from = layout.from()[i];
      values[i] = from < 0 ? Value.NULL : document.value(from);
    }
    return Row.wrap(layout.names(), values, partial);
  }

  private Layout layout(FieldNames names, boolean partial) {
    if (partial) {
      return make(names, List.of());
    }
    Layout known = layouts.get(names);
    if (known == null) {
      if (layouts.size() >= MOST_SHAPES) {
        layouts.clear();
      }
      known = make(names, collection.optional());
      layouts.put(names, known);
    }
    return known;
  }

  private Layout make(FieldNames names, List<String> optional) {
    List<String> shown = new ArrayList<>();
    List<Integer> from = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (!collection.excluded().contains(names.get(i))) {
        shown.add(alone(shown, names.get(i)));
        from.add(i);
      }
    }
    for (String name : optional) {
      if (names.indexOf(name) < 0) {
        shown.add(alone(shown, name));
        from.add(-1);
      }
    }
    return new Layout(FieldNames.of(shown), from.stream().mapToInt(Integer::intValue).toArray());
  }

  /** What a field is called, which no other one may be. */
  private String alone(List<String> shown, String name) {
    String field = collection.field(name);
    if (shown.contains(field)) {
      throw new IllegalArgumentException(
          "two of its fields would be named '%s' in the event. Rename '%s' or the other one to something else, or exclude it."
              .formatted(field, name));
    }
    return field;
  }
}
