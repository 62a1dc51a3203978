package io.millrace.cdc.mongo;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/** Makes the events of one collection out of change stream documents. Used by one thread. */
final class EventMaker {
  private final CapturedCollection collection;
  private final byte[] name;
  private final BsonDecoder decoder;
  private final StateLookup lookup;
  private final RowView view;
  private final FieldNames id;
  private final String service;
  private final String log;
  private final long epoch;

  EventMaker(
      CapturedCollection collection,
      BsonDecoder decoder,
      StateLookup lookup,
      String service,
      MongoRegistration.Registered log) {
    this.collection = collection;
    this.lookup = lookup;
    this.name = collection.utf8();
    this.decoder = decoder;
    this.view = new RowView(collection);
    this.id = FieldNames.of(collection.field("_id"));
    this.service = service;
    this.log = log.log();
    this.epoch = log.epoch();
  }

  /** Whether the document is about this collection. */
  boolean isAbout(ChangeDocument change) {
    return change.isCollection(name);
  }

  /** The key's fields as the events name them. */
  Row key(ChangeDocument change) {
    try {
      return key(decoder.field(change.bytes(), change.key(), "_id"));
    } catch (IllegalArgumentException e) {
      throw unreadable(change, e);
    }
  }

  private Row key(Value value) {
    Row parts = CompositeId.parts(value);
    if (parts == null) {
      return Row.wrap(id, new Value[] {value}, false);
    }
    String field = id.get(0);
    List<String> names = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      names.add(field + "." + parts.name(i));
      values.add(parts.value(i));
    }
    return Row.of(FieldNames.of(names), values);
  }

  /**
   * The event of a change; null where it is none, since only ignored fields changed.
   *
   * @param key what {@link #key} said
   */
  @Nullable ChangeEvent event(ChangeDocument change, Row key, int hops) {
    try {
      ChangeEvent.Builder event =
          ChangeEvent.builder()
              .entity(collection.entity())
              .source(service)
              .changedAt(Instant.ofEpochMilli(change.changedAtMillis()))
              .key(key)
              .log(log)
              .version(Version.of(epoch, change.coordinate()))
              .transactionId(transactionId(change))
              .hops(hops);
      if (change.is("insert")) {
        Row state = view.of(decoder.row(change.bytes(), change.document()), false);
        return event
            .type(ChangeType.CREATED)
            .newValue(state)
            .changedFields(state.names().asList())
            .build();
      }
      if (change.is("delete")) {
        return event.type(ChangeType.DELETED).oldValue(before(change)).build();
      }
      return change.is("replace") ? replaced(change, event) : updated(change, event);
    } catch (IllegalArgumentException e) {
      throw unreadable(change, e);
    }
  }

  private @Nullable Row before(ChangeDocument change) {
    return change.hasBefore() ? view.of(decoder.row(change.bytes(), change.before()), false) : null;
  }

  private @Nullable ChangeEvent replaced(ChangeDocument change, ChangeEvent.Builder event) {
    Row document = decoder.row(change.bytes(), change.document());
    Row state = view.of(document, false);
    List<String> changed;
    if (change.hasBefore()) {
      ChangedPaths paths = new ChangedPaths(collection);
      paths.addDifferences(decoder.row(change.bytes(), change.before()), document);
      if (!paths.matters()) {
        return null;
      }
      changed = List.copyOf(paths.paths());
    } else {
      changed = state.names().asList(); // a replacement names none
    }
    return event
        .type(ChangeType.UPDATED)
        .newValue(state)
        .oldValue(before(change))
        .changedFields(changed)
        .build();
  }

  private @Nullable ChangeEvent updated(ChangeDocument change, ChangeEvent.Builder event) {
    byte[] bytes = change.bytes();
    Row document = after(change);
    ChangedPaths paths = new ChangedPaths(collection);
    int set = -1;
    int at = change.update() + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int field = at + 1;
      int end = BsonBytes.endOfName(bytes, field);
      if (BsonBytes.isName(bytes, field, end, "updatedFields")) {
        set = end + 1;
        addNames(paths, bytes, set, document);
      } else if (type == BsonBytes.ARRAY) {
        Value.ListValue list = (Value.ListValue) decoder.value(bytes, type, end + 1);
        list.values().forEach(item -> add(paths, item, document));
      }
      at = BsonBytes.skip(bytes, type, end + 1);
    }
    if (!paths.matters()) {
      return null;
    }
    return event
        .type(ChangeType.UPDATED)
        .newValue(document == null ? known(change, set) : view.of(document, false))
        .oldValue(before(change))
        .changedFields(List.copyOf(paths.paths()))
        .build();
  }

  /**
   * The names only: what was set stands in the document. One may come twice: a field {@code a.b},
   * and {@code b} in a field {@code a}.
   */
  private static void addNames(
      ChangedPaths paths, byte[] bytes, int start, @Nullable Row document) {
    int at = start + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int end = BsonBytes.endOfName(bytes, at + 1);
      paths.add(BsonBytes.text(bytes, at + 1, end), document);
      at = BsonBytes.skip(bytes, type, end + 1);
    }
  }

  private @Nullable Row after(ChangeDocument change) {
    if (change.hasDocument()) {
      return decoder.row(change.bytes(), change.document());
    }
    RawBsonDocument found = lookup.find(change);
    if (found == null) {
      return null;
    }
    BsonBytes.Slice slice = BsonBytes.Slice.of(found);
    return decoder.row(slice.bytes(), slice.start());
  }

  /** An element of {@code removedFields} (a path) or of {@code truncatedArrays} (a document). */
  private static void add(ChangedPaths paths, Value item, @Nullable Row document) {
    if (item instanceof Value.StringValue path) {
      paths.add(path.value(), document);
    } else if (item instanceof Value.DocumentValue array
        && array.fields().get("field") instanceof Value.StringValue field) {
      paths.addArray(field.value(), document);
    }
  }

  /**
   * What the update itself says of a document that was gone when it was looked up: the top-level
   * fields that were set. The rest is not invented; its deletion follows.
   *
   * @param set where the fields lie that were set, -1 for none
   */
  private Row known(ChangeDocument change, int set) {
    byte[] bytes = change.bytes();
    Row.Builder known = Row.builder().put("_id", decoder.field(bytes, change.key(), "_id"));
    int at = set + Integer.BYTES;
    for (int type = set < 0 ? 0 : BsonBytes.type(bytes, at);
        type != 0;
        type = BsonBytes.type(bytes, at)) {
      int end = BsonBytes.endOfName(bytes, at + 1);
      String name = BsonBytes.text(bytes, at + 1, end);
      if (name.indexOf('.') < 0) {
        known.put(name, decoder.value(bytes, type, end + 1));
      }
      at = BsonBytes.skip(bytes, type, end + 1);
    }
    return view.of(known.build(), true);
  }

  /** Names the transaction that a change is of. */
  static String transactionId(ChangeDocument change) {
    if (change.transactional()) {
      return HexFormat.of().formatHex(change.transaction());
    }
    long time = change.clusterTime();
    return (time >>> Integer.SIZE) + "." + (int) time;
  }

  private SourceException unreadable(ChangeDocument change, IllegalArgumentException e) {
    return new SourceException(
        String.format(
            Locale.ROOT,
            "A change of %s at %s cannot be read: %s",
            change.namespace(),
            change.token(),
            e.getMessage()),
        e);
  }
}
