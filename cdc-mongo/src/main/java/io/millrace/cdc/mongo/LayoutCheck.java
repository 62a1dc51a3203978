package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.event.ChangeEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/** Makes of mappings and nestings what a session works with, and names what does not fit. */
final class LayoutCheck {
  private static final String ID = "_id";

  private final TargetSite site;
  private final Map<String, CollectionMapping> mappings;
  private final List<Nesting> nestings;
  private final List<String> problems;
  private final StoredForm form = new StoredForm();
  private final Map<String, Rows> rows = new LinkedHashMap<>();

  LayoutCheck(
      TargetSite site,
      Map<String, CollectionMapping> mappings,
      List<Nesting> nestings,
      List<String> problems) {
    this.site = site;
    this.mappings = mappings;
    this.nestings = nestings;
    this.problems = problems;
  }

  TargetLayout layout() {
    Map<String, Consumer<ChangeEvent>> handlers = new HashMap<>();
    nestings.forEach(this::check);
    for (CollectionMapping mapping : mappings.values()) {
      if (mapping.handler() != null) {
        handlers.put(mapping.entity(), mapping.handler());
      } else if (mapping.written() && nestedAs(mapping) == null) {
        rows.put(mapping.entity(), documents(mapping));
      }
    }
    for (Nesting nesting : nestings) {
      CollectionMapping child = mappings.get(nesting.child());
      if (child != null
          && isInside(nesting)
          && rows.get(nesting.parent()) instanceof Documents parent) {
        rows.put(nesting.child(), elements(child, parent, nesting));
      }
    }
    return new TargetLayout(
        rows,
        handlers,
        nestings,
        parentsFirst(),
        mappings.values().stream().anyMatch(mapping -> mapping.mode() == EntityMode.SHARED));
  }

  private static String what(CollectionMapping mapping) {
    return "entity '%s' -> collection '%s'".formatted(mapping.entity(), mapping.collection());
  }

  private @Nullable Nesting nestedAs(CollectionMapping mapping) {
    return nestings.stream()
        .filter(nesting -> nesting.child().equals(mapping.entity()) && isInside(nesting))
        .findFirst()
        .orElse(null);
  }

  /** Whether the children are elements in their parent's documents here. */
  private boolean isInside(Nesting nesting) {
    CollectionMapping parent = mappings.get(nesting.parent());
    CollectionMapping child = mappings.get(nesting.child());
    return parent != null
        && child != null
        && child.written()
        && child.collection().equals(parent.collection());
  }

  private static boolean isKey(String path) {
    return path.equals(ID) || path.startsWith(ID + ".");
  }

  private Documents documents(CollectionMapping mapping) {
    List<String> lists = new ArrayList<>();
    List<String> listFields = new ArrayList<>();
    for (Nesting nesting : nestings) {
      if (nesting.parent().equals(mapping.entity()) && isInside(nesting)) {
        lists.add(listPath(mapping, nesting));
        listFields.add(nesting.field());
      }
    }
    if (!lists.isEmpty() && !mapping.explicit()) {
      problems.add(
          what(mapping)
              + ": its documents hold the lists "
              + lists
              + " of other entities, so they cannot be written as a whole. Name its fields.");
    }
    List<String> key = new ArrayList<>();
    List<String> others = new ArrayList<>();
    mapping
        .paths()
        .forEach(
            (field, path) -> {
              if (isKey(path)) {
                key.add(field);
              } else if (!listFields.contains(field)) {
                others.add(field);
              }
            });
    if (mapping.explicit() && key.isEmpty()) {
      problems.add(
          what(mapping)
              + ": no field is mapped to _id, and documents are matched by it. Say rename(\"id\", \"_id\").");
    }
    return new Documents(
        new FieldMap(mapping, key, others, form), form, lists, uniquePaths(mapping, others));
  }

  private static String listPath(CollectionMapping parent, Nesting nesting) {
    return parent.paths().getOrDefault(nesting.field(), nesting.field());
  }

  /** One path of each unique index that can be given up for a moment. */
  private Set<String> uniquePaths(CollectionMapping mapping, List<String> fields) {
    Set<String> free = new LinkedHashSet<>();
    for (Document index : site.durable().getCollection(mapping.collection()).listIndexes()) {
      if (index.getBoolean("unique", false)) {
        index.get("key", new Document()).keySet().stream()
            .filter(
                path ->
                    mapping.explicit()
                        ? fields.stream().anyMatch(field -> path.equals(mapping.paths().get(field)))
                        : !isKey(path))
            .findFirst()
            .ifPresent(free::add);
      }
    }
    return free;
  }

  private Elements elements(CollectionMapping child, Documents parent, Nesting nesting) {
    List<String> others =
        child.paths().keySet().stream().filter(field -> !nesting.key().contains(field)).toList();
    List<String> key = child.explicit() ? nesting.key() : List.of();
    return new Elements(
        new FieldMap(child, key, others, form),
        parent,
        nesting,
        listPath(parent.fields().mapping(), nesting));
  }

  private void check(Nesting nesting) {
    CollectionMapping parent = mappings.get(nesting.parent());
    CollectionMapping child = mappings.get(nesting.child());
    String what = "'%s' in '%s'".formatted(nesting.child(), nesting.parent());
    if (parent == null || child == null || !parent.written() || !child.written()) {
      problems.add(what + ": both have to be mapped to collections.");
      return;
    }
    if (parent.mode() != child.mode()) {
      problems.add(
          "%s: one is %s and the other %s; map both alike."
              .formatted(what, parent.mode(), child.mode()));
    }
    if (isInside(nesting)) {
      if (!nesting.key().containsAll(nesting.parentKey())
          || nesting.key().size() == nesting.parentKey().size()) {
        problems.add(
            "%s: its key is %s; an element is found by its parent's key %s and one of its own."
                .formatted(what, nesting.key(), nesting.parentKey()));
      } else if (child.mode() == EntityMode.SHARED
          && !nesting.parentKey().equals(nesting.key().subList(0, nesting.parentKey().size()))) {
        problems.add(
            "%s: its key %s does not begin with its parent's %s, so in shared mode the ledger cannot tell which elements a list leaves out. Give the table a key that does, or map both in mirror mode."
                .formatted(what, nesting.key(), nesting.parentKey()));
      }
      child
          .paths()
          .forEach(
              (field, path) -> {
                if (isKey(path)) {
                  problems.add(
                      "%s: field '%s' goes to '%s', but an element has no _id that is known; name its own field."
                          .formatted(what, field, path));
                }
              });
    } else {
      long keys =
          nesting.key().stream()
              .filter(field -> isKey(child.paths().getOrDefault(field, "")))
              .count();
      long all = child.paths().values().stream().filter(LayoutCheck::isKey).count();
      if (keys != nesting.key().size() || all != keys) {
        problems.add(
            "%s: its key is %s, and that of collection '%s' is another. Key and mapping must agree."
                .formatted(what, nesting.key(), child.collection()));
      }
    }
    if (child.explicit()) {
      Set<String> unmapped = new HashSet<>(nesting.parentKey());
      unmapped.addAll(nesting.key());
      unmapped.removeAll(child.paths().keySet());
      unmapped.forEach(
          field -> problems.add("%s: field '%s' is not mapped.".formatted(what, field)));
    }
    long parentKeys = parent.paths().values().stream().filter(LayoutCheck::isKey).count();
    if (parent.explicit() && parentKeys != nesting.parentKey().size()) {
      problems.add(
          "%s: its parent's key is %s, and the parent's own has %s fields."
              .formatted(what, nesting.parentKey(), parentKeys));
    }
  }

  /** Names in an order of depth first. */
  private List<String> parentsFirst() {
    Set<String> order = new LinkedHashSet<>();
    rows.keySet().forEach(entity -> visit(entity, new HashSet<>(), order));
    return List.copyOf(order);
  }

  private void visit(String entity, Set<String> visiting, Set<String> order) {
    if (!visiting.add(entity) || order.contains(entity)) {
      return;
    }
    nestings.stream()
        .filter(nesting -> nesting.child().equals(entity) && rows.containsKey(nesting.parent()))
        .forEach(nesting -> visit(nesting.parent(), visiting, order));
    order.add(entity);
  }
}
