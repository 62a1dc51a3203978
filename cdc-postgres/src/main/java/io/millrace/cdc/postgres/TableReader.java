package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads the logged states of one table. Holds the table's columns until a row does not fit them.
 */
final class TableReader {
  private static final PgType UNKNOWN = PgType.scalar("unknown", false);

  private final CapturedTable captured;
  private final Function<CapturedTable, TableLayout> layouts;
  private final Set<String> ignoredFields;

  /**
   * Virtual columns that the table has or had: rows logged before one was dropped still name it.
   */
  private final Set<String> virtual = new HashSet<>();

  private @Nullable TableLayout layout;
  private FieldNames names = FieldNames.of();
  private FieldNames keyNames = FieldNames.of();
  private String fingerprint = "";
  private @Nullable FieldNames placesOf;
  private int[] keyPlaces = {};

  /** Of the update before: the next one mostly changes the same. */
  private List<String> lastChanged = List.of();

  private @Nullable RowShape shape;

  /** Whether rows came since the columns were learnt, which may know more columns and types. */
  private boolean stale;

  TableReader(CapturedTable captured, Function<CapturedTable, TableLayout> layouts) {
    this.captured = captured;
    this.layouts = layouts;
    this.ignoredFields =
        captured.ignoredAlone().stream().map(captured::field).collect(Collectors.toSet());
  }

  CapturedTable captured() {
    return captured;
  }

  /** Fields whose change alone is no change. */
  Set<String> ignoredFields() {
    return ignoredFields;
  }

  void forget() {
    layout = null;
  }

  /** Rows came from the server that may have been written after the columns were learnt. */
  void rowsCame() {
    stale = true;
  }

  String fingerprint() {
    layout();
    return fingerprint;
  }

  /** The row's key columns, in key order. */
  Row key(Row row) {
    int[] places = keyPlaces(row.names());
    Value[] values = new Value[places.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.value(place(places, i));
    }
    return Row.wrap(keyNames, values, false);
  }

  /** The row's key where it is another one; null where it is that. */
  @Nullable Row keyUnless(Row row, Row key) {
    int[] places = keyPlaces(row.names());
    for (int i = 0; i < places.length; i++) {
      if (!key.value(i).equals(row.value(place(places, i)))) {
        return key(row);
      }
    }
    return null;
  }

  private int place(int[] places, int i) {
    if (places[i] < 0) {
      throw new SourceException(
          "A logged row of %s lacks the key column '%s': the table's key was changed while the log held changes made before. Read the"
                  .formatted(captured.name(), layout().key().get(i))
              + " log to its end before changing a captured table's key.");
    }
    return places[i];
  }

  /** Where the key's columns are among these; -1 for one that is not. */
  private int[] keyPlaces(FieldNames of) {
    layout();
    if (placesOf == null || !of.equals(placesOf)) {
      placesOf = of;
      keyPlaces = keyNames.asList().stream().mapToInt(of::indexOf).toArray();
    }
    return keyPlaces;
  }

  /** Names of the fields that differ, a field that only one of the rows has included. */
  List<String> changed(Row before, Row after) {
    FieldNames names = after.names();
    boolean alike = names.equals(before.names());
    List<String> changed = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      Value old = alike ? before.value(i) : before.get(names.get(i));
      if (!after.value(i).equals(old)) {
        changed.add(names.get(i));
      }
    }
    if (!alike) {
      for (String name : before.names().asList()) {
        if (!after.has(name)) {
          changed.add(name);
        }
      }
    }
    if (!changed.equals(lastChanged)) {
      lastChanged = List.copyOf(changed);
    }
    return lastChanged;
  }

  /**
   * A state from its JSON.
   *
   * @param record the row's own text, where JSON's null may be in it
   */
  Row row(byte[] text, @Nullable String record) {
    Row row = row(text);
    return record == null ? row : withJsonNulls(row, text, record);
  }

  private Row withJsonNulls(Row row, byte[] text, String record) {
    Map<String, Value> restored = new HashMap<>();
    Iterator<@Nullable String> texts = JsonNulls.fields(record).iterator();
    new JsonText(text)
        .members(
            0,
            (name, start, end) -> {
              @Nullable String of = texts.hasNext() ? texts.next() : null;
              PgType type = layout().columns().get(name);
              Value value = captured.includes(name) ? row.get(captured.field(name)) : null;
              if (type != null && value != null) {
                restored.put(captured.field(name), JsonNulls.restore(type, value, of));
              }
            });
    Value[] values = new Value[row.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = restored.getOrDefault(row.names().get(i), row.value(i));
    }
    return Row.wrap(row.names(), values, false);
  }

  /** A state from its JSON, in which JSON's null counts as SQL's. */
  Row row(byte[] text) {
    layout();
    RowShape usual = shape;
    Row same = usual == null ? null : usual.read(text);
    if (same != null) {
      return same;
    }
    Row row = tryRow(text, layout());
    if (row == null && stale) {
      forget();
      row = tryRow(text, layout());
    }
    return row != null ? row : oddRow(text, layout());
  }

  /** Null where a column is not one of the table's, or a value not of its type. */
  private @Nullable Row tryRow(byte[] text, TableLayout now) {
    JsonText json = new JsonText(text);
    List<String> found = new ArrayList<>(names.size());
    List<Value> values = new ArrayList<>(names.size());
    boolean[] fits = {true};
    json.members(
        0,
        (name, start, end) -> {
          PgType type = now.columns().get(name);
          if (type != null) {
            if (captured.includes(name)) {
              fits[0] &= TypeFit.fits(type, json, start, end);
              found.add(captured.field(name));
              values.add(PostgresValues.decode(type, json, start, end));
            }
          } else if (!virtual.contains(name)) {
            fits[0] = false;
          }
        });
    return fits[0] ? Row.of(shared(found), values) : null;
  }

  /** Written when the table had other columns than it has now. */
  private Row oddRow(byte[] text, TableLayout now) {
    JsonText json = new JsonText(text);
    Row.Builder row = Row.builder();
    json.members(
        0,
        (name, start, end) -> {
          if (captured.includes(name)
              && (now.columns().containsKey(name) || !virtual.contains(name))) {
            row.put(
                captured.field(name),
                PostgresValues.decode(now.columns().getOrDefault(name, UNKNOWN), json, start, end));
          }
        });
    return row.build();
  }

  private FieldNames shared(List<String> found) {
    if (!names.asList().equals(found)) {
      names = FieldNames.of(found);
    }
    return names;
  }

  private TableLayout layout() {
    TableLayout known = layout;
    if (known == null) {
      known = layouts.apply(captured);
      layout = known;
      stale = false;
      virtual.addAll(known.virtual());
      shape = RowShape.of(captured, known);
      placesOf = null;
      keyNames = FieldNames.of(known.key().stream().map(captured::field).toList());
      CRC32C sum = new CRC32C();
      known
          .columns()
          .forEach(
              (name, type) ->
                  sum.update((name + ":" + type.name() + "\n").getBytes(StandardCharsets.UTF_8)));
      fingerprint = Long.toHexString(sum.getValue());
    }
    return known;
  }
}
