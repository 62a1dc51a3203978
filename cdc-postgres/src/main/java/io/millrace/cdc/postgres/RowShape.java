package io.millrace.cdc.postgres;

import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads logged states that have just the table's present columns, which nearly all have: no name is
 * looked up, and a value whose text is that of the state read before, mostly the same row's, is not
 * decoded again. Used by one thread.
 */
final class RowShape {
  private final byte[][] prefixes;
  private final PgType[] types;

  /** Where each column's value goes; -1 for one that is left out. */
  private final int[] fields;

  private final FieldNames names;
  private final boolean[] same;
  private JsonText.Found found;
  private JsonText.Found foundBefore;
  private Value[] valuesBefore = new Value[0];

  private RowShape(byte[][] prefixes, PgType[] types, int[] fields, FieldNames names) {
    this.prefixes = prefixes;
    this.types = types;
    this.fields = fields;
    this.names = names;
    this.same = new boolean[types.length];
    this.found = new JsonText.Found(types.length);
    this.foundBefore = new JsonText.Found(types.length);
  }

  /** Null for a table whose rows have to be read by their names. */
  static @Nullable RowShape of(CapturedTable captured, TableLayout layout) {
    if (!layout.virtual().isEmpty() || layout.columns().isEmpty()) {
      return null;
    }
    int count = layout.columns().size();
    byte[][] prefixes = new byte[count][];
    PgType[] types = new PgType[count];
    int[] fields = new int[count];
    List<String> names = new ArrayList<>();
    int i = 0;
    for (Map.Entry<String, PgType> column : layout.columns().entrySet()) {
      String name = column.getKey();
      if (name.chars().anyMatch(c -> c < ' ' || c == '"' || c == '\\')) {
        return null; // such names stand escaped
      }
      prefixes[i] = ((i == 0 ? "{\"" : ",\"") + name + "\":").getBytes(StandardCharsets.UTF_8);
      types[i] = column.getValue();
      fields[i] = captured.includes(name) ? names.size() : -1;
      if (fields[i] >= 0) {
        names.add(captured.field(name));
      }
      i++;
    }
    return new RowShape(prefixes, types, fields, FieldNames.of(names));
  }

  /** The state; null where it has other columns, or a column of another type. */
  @Nullable Row read(byte[] text) {
    JsonText json = new JsonText(text);
    if (!json.find(prefixes, foundBefore, same, found)) {
      return null;
    }
    for (int i = 0; i < types.length; i++) {
      if (!same[i]
          && fields[i] >= 0
          && !TypeFit.fits(types[i], json, found.start(i), found.end(i))) {
        foundBefore = new JsonText.Found(types.length); // it has no values of this shape
        return null;
      }
    }
    Value[] values = new Value[names.size()];
    for (int i = 0; i < types.length; i++) {
      if (fields[i] >= 0) {
        values[fields[i]] =
            same[i]
                ? valuesBefore[fields[i]]
                : PostgresValues.decode(types[i], json, found.start(i), found.end(i));
      }
    }
    JsonText.Found spare = foundBefore;
    foundBefore = found;
    found = spare;
    valuesBefore = values;
    return Row.wrap(names, values, false);
  }
}
