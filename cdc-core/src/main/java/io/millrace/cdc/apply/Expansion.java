package io.millrace.cdc.apply;

import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes of the events of documents the events of their rows: one of the parent, one per element of
 * the list it holds, and one per child that is not in the list any more. What the children are is
 * asked once per transaction and moved on from event to event.
 *
 * <p>A child is what stands in the target, and what the fold believes to stand there: an element
 * that was taken out of its list here is not there when the list comes back, and nothing but the
 * list says that it was taken out.
 *
 * <p>In shared mode, where the event knows the list as it was before, only what its writer did to
 * the list counts: an element that he had not seen is not one that he took out.
 */
final class Expansion {
  /** Stands for the key of a child that the fold alone believes to be there. */
  private static final Row BELIEVED = Row.empty();

  private final ApplierConfig config;
  private final List<Nesting> nestings;

  /** Per nesting and parent's id the children's keys, by the ids that the ledger has of them. */
  private final Map<Nesting, Map<String, Map<String, Row>>> children = new LinkedHashMap<>();

  private Expansion(ApplierConfig config, List<Nesting> nestings) {
    this.config = config;
    this.nestings = nestings;
  }

  /** The events with their children's behind each; the same list where nothing is nested. */
  static List<Item> of(
      ApplierConfig config,
      List<Item> items,
      TargetSession session,
      TargetTransaction transaction) {
    if (session.nestings().isEmpty()) {
      return items;
    }
    Expansion expansion = new Expansion(config, session.nestings());
    expansion.load(items, transaction);
    List<Item> expanded = new ArrayList<>(items.size());
    for (Item item : items) {
      expanded.add(item);
      if (item.role() == Item.Role.LEFT || item.role() == Item.Role.LEFT_FIRST) {
        continue; // its row, with all that belongs to it, goes on under another key
      }
      for (Nesting nesting : expansion.nestings) {
        if (item.event().entity().equals(nesting.parent())) {
          expansion.parent(item, nesting, expanded);
        } else if (item.event().entity().equals(nesting.child())) {
          expansion.child(item.event(), nesting);
        }
      }
    }
    return expanded;
  }

  /**
   * What a refused event must wait behind: the key of the whole it belongs to.
   *
   * @param own the event's own key
   */
  static EntityKey waitsBehind(List<Nesting> nestings, ChangeEvent event, EntityKey own) {
    for (Nesting nesting : nestings) {
      if (event.entity().equals(nesting.child())) {
        Row parent = parentKey(event, nesting);
        return parent == null ? own : EntityKey.of(nesting.parent(), CanonicalId.of(parent));
      }
    }
    return own;
  }

  private static @Nullable Row parentKey(ChangeEvent event, Nesting nesting) {
    Row.Builder key = Row.builder();
    for (String field : nesting.parentKey()) {
      Value value = event.key().get(field);
      Row state = event.newValue() == null ? event.oldValue() : event.newValue();
      if (value == null && state != null) {
        value = state.get(field);
      }
      if (value == null || value.isNull()) {
        return null;
      }
      key.put(field, value);
    }
    return key.build();
  }

  private void load(List<Item> items, TargetTransaction transaction) {
    for (Nesting nesting : nestings) {
      Map<String, Row> parents = new LinkedHashMap<>();
      for (Item item : items) {
        if (item.event().entity().equals(nesting.parent()) && says(item.event(), nesting)) {
          parents.put(item.event().id(), item.event().key());
        }
      }
      Map<String, Map<String, Row>> known = new LinkedHashMap<>();
      parents.keySet().forEach(id -> known.put(id, new LinkedHashMap<>()));
      if (!parents.isEmpty()) {
        transaction
            .children(nesting, List.copyOf(parents.values()))
            .forEach(
                child -> {
                  Map<String, Row> ofParent =
                      known.get(CanonicalId.of(part(child, nesting.parentKey())));
                  if (ofParent != null) {
                    Row key = part(child, nesting.key());
                    ofParent.put(id(nesting, key), key);
                  }
                });
        if (isShared(nesting)) {
          believe(transaction.folded(nesting, parents.keySet()), known);
        }
      }
      children.put(nesting, known);
    }
  }

  private static void believe(
      Map<String, List<LedgerEntry>> folded, Map<String, Map<String, Row>> known) {
    folded.forEach(
        (parent, entries) -> {
          Map<String, Row> ofParent = known.get(parent);
          for (LedgerEntry entry : entries) {
            byte[] shadow = entry.shadow();
            if (ofParent != null
                && shadow != null
                && FoldState.decode(entry.key(), shadow).exists) {
              ofParent.putIfAbsent(entry.key().id(), BELIEVED);
            }
          }
        });
  }

  private boolean isShared(Nesting nesting) {
    return config.target().mode(nesting.child()) == EntityMode.SHARED;
  }

  private static String id(Nesting nesting, Row key) {
    return EntityKey.of(nesting.child(), CanonicalId.of(key)).id();
  }

  /**
   * Whether an event of a parent says anything about its children. Where one is created, a list
   * that is missing is not an empty one: an SQL source knows nothing of it. Where one is changed,
   * it was taken away if the event says that it changed, or that all of the document did.
   */
  private static boolean says(ChangeEvent event, Nesting nesting) {
    return switch (event.type()) {
      case DELETED -> true;
      case CREATED, SNAPSHOT ->
          event.newValue() != null && FieldPath.get(event.newValue(), nesting.field()) != null;
      case UPDATED ->
          event.changedFields().stream().anyMatch(path -> FieldPath.touches(nesting.field(), path))
              || SharedPlan.replaces(event);
      case UNKNOWN, TRUNCATED, MESSAGE -> false;
    };
  }

  private void child(ChangeEvent event, Nesting nesting) {
    Row parent = parentKey(event, nesting);
    Map<String, Row> known = parent == null ? null : children(nesting).get(CanonicalId.of(parent));
    if (known != null) {
      if (event.type() == ChangeType.DELETED) {
        known.remove(EntityKey.of(event).id());
      } else {
        known.put(EntityKey.of(event).id(), event.key());
      }
    }
  }

  private Map<String, Map<String, Row>> children(Nesting nesting) {
    return children.getOrDefault(nesting, Map.of());
  }

  private void parent(Item item, Nesting nesting, List<Item> expanded) {
    ChangeEvent event = item.event();
    Map<String, Row> known = children(nesting).get(event.id());
    if (isShared(nesting) && SharedPlan.isRemnant(event)) {
      return;
    }
    List<Row> elements = known == null ? null : elements(event, nesting, event.newValue());
    if (known == null || elements == null || !says(event, nesting)) {
      return;
    }
    Map<String, Row> before = before(event, nesting);
    Set<String> listed = new HashSet<>();
    for (Row element : elements) {
      Row row = child(event, nesting, element);
      Row key = part(row, nesting.key());
      String id = id(nesting, key);
      if (!listed.add(id)) {
        throw new RejectedException(
            "%s holds two elements of '%s' with the key %s; mend the document."
                .formatted(event, nesting.field(), key));
      }
      boolean there = known.put(id, key) != null;
      ChangeEvent.Builder part =
          builder(event, nesting, key)
              .type(event.type())
              .newValue(row)
              .changedFields(row.names().asList());
      Row old = before == null ? null : before.get(id);
      List<String> changed = old == null ? List.of() : changed(old, row);
      if (old == null) {
        expanded.add(item.element(part.build()));
      } else if (!changed.isEmpty()) {
        expanded.add(item.part(part.changedFields(changed).build()));
      } else if (!there) {
        expanded.add(item.element(part.type(ChangeType.SNAPSHOT).build()));
      }
    }
    if (event.type() == ChangeType.SNAPSHOT && isShared(nesting)) {
      return; // a backfill only creates what is missing
    }
    known
        .entrySet()
        .removeIf(
            entry -> {
              if (listed.contains(entry.getKey())
                  || (before != null && !before.containsKey(entry.getKey()))) {
                return false;
              }
              ChangeEvent.Builder gone =
                  builder(event, nesting, entry.getValue()).type(ChangeType.DELETED);
              expanded.add(
                  entry.getValue().size() > 0
                      ? item.element(gone.build())
                      : item.unlisted(gone.id(entry.getKey()).build()));
              return true;
            });
  }

  /**
   * The elements' rows before the change, by the ids that the ledger has of them; null where they
   * do not count, or the event does not know them.
   */
  private @Nullable Map<String, Row> before(ChangeEvent event, Nesting nesting) {
    Row old = event.oldValue();
    if (old == null || event.type() != ChangeType.UPDATED || !isShared(nesting)) {
      return null;
    }
    try {
      List<Row> elements = elements(event, nesting, old);
      if (elements == null) {
        return null;
      }
      Map<String, Row> before = new HashMap<>();
      for (Row element : elements) {
        Row row = child(event, nesting, element);
        if (before.put(id(nesting, part(row, nesting.key())), row) != null) {
          return null; // of two with one key nobody knows which became what
        }
      }
      return before;
    } catch (RejectedException e) {
      return null; // it was mended by this change
    }
  }

  private static List<String> changed(Row old, Row row) {
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < row.size(); i++) {
      if (!row.value(i).equals(old.get(row.name(i)))) {
        changed.add(row.name(i));
      }
    }
    old.names().asList().stream().filter(name -> row.get(name) == null).forEach(changed::add);
    return changed;
  }

  /**
   * What the list holds in a state; null where the event does not know, and then a later one does.
   */
  private static @Nullable List<Row> elements(
      ChangeEvent event, Nesting nesting, @Nullable Row state) {
    if (state == null) {
      return List.of();
    }
    Value list = FieldPath.get(state, nesting.field());
    if (list == null) {
      return state.partial() ? null : List.of();
    }
    if (list.isNull()) {
      return List.of();
    }
    if (!(list instanceof Value.ListValue values)) {
      throw new RejectedException(
          "%s: '%s' is %s and no list of documents, as the mapping to '%s' says."
              .formatted(event, nesting.field(), list.kind(), nesting.child()));
    }
    List<Row> elements = new ArrayList<>(values.values().size());
    for (Value value : values.values()) {
      if (!(value instanceof Value.DocumentValue document)) {
        throw new RejectedException(
            "%s: an element of '%s' is %s and no document, as the mapping to '%s' says."
                .formatted(event, nesting.field(), value.kind(), nesting.child()));
      }
      elements.add(document.fields());
    }
    return elements;
  }

  /** An element with its parent's key, as the row of a table has it. */
  private static Row child(ChangeEvent event, Nesting nesting, Row element) {
    Row.Builder row = Row.builder();
    for (int i = 0; i < nesting.parentKey().size(); i++) {
      if (i >= event.key().size()) {
        throw new RejectedException(
            "%s is keyed by %s, but the mapping of '%s' names %s as its parent's key."
                .formatted(event, event.key().names(), nesting.child(), nesting.parentKey()));
      }
      row.put(nesting.parentKey().get(i), event.key().value(i));
    }
    for (int i = 0; i < element.size(); i++) {
      if (!nesting.parentKey().contains(element.name(i))) {
        row.put(element.name(i), element.value(i));
      }
    }
    return row.build();
  }

  private static Row part(Row row, List<String> fields) {
    Value[] values = new Value[fields.size()];
    for (int i = 0; i < values.length; i++) {
      Value value = row.get(fields.get(i));
      if (value == null || value.isNull()) {
        throw new RejectedException(
            "An element or row %s lacks the key field '%s'; give it one, or correct the mapping."
                .formatted(row.names(), fields.get(i)));
      }
      values[i] = value;
    }
    return Row.wrap(FieldNames.of(fields), values, false);
  }

  private static ChangeEvent.Builder builder(ChangeEvent parent, Nesting nesting, Row key) {
    return ChangeEvent.builder()
        .entity(nesting.child())
        .key(key)
        .source(parent.source())
        .changedAt(parent.changedAt())
        .log(parent.log())
        .version(parent.version())
        .transactionId(parent.transactionId())
        .hops(parent.hops())
        .routingKey(parent.routingKey());
  }
}
