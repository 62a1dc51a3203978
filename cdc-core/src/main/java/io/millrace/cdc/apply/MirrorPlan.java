package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whole state: several events of one key become one write. */
record MirrorPlan(String entity, List<RowWrite> upserts, List<RowWrite> deletes)
    implements EntityPlan {
  static MirrorPlan of(String entity, List<Item> items, TargetSession session) {
    Map<EntityKey, Pending> rows = new LinkedHashMap<>();
    for (Item item : items) {
      ChangeEvent event = item.event();
      rows.computeIfAbsent(item.key(), key -> new Pending(event.key(), session.convertKey(event)))
          .of(event, session)
          .add(item, session);
    }
    MirrorPlan plan = new MirrorPlan(entity, new ArrayList<>(), new ArrayList<>());
    rows.forEach(
        (key, first) -> {
          for (Pending pending = first; pending != null; pending = pending.next) {
            (pending.values == null ? plan.deletes : plan.upserts).add(pending.write(key));
          }
        });
    return plan;
  }

  /** Of key changes that have no key in common. */
  static MirrorPlan moving(String entity, List<Item> items, TargetSession session) {
    MirrorPlan plan = new MirrorPlan(entity, new ArrayList<>(items.size()), List.of());
    List<LedgerEntry> entries = new ArrayList<>(2);
    for (Item item : items) {
      entries.addAll(Moves.entries(item));
      if (item.role() == Item.Role.LEFT) {
        continue; // its other is the next
      }
      ChangeEvent event = item.event();
      ChangeEvent other =
          event.toBuilder().key(Objects.requireNonNull(event.previousKey())).build();
      Row here = session.convertKey(event);
      Row there = session.convertKey(other);
      plan.upserts.add(
          item.role() == Item.Role.LEFT_FIRST
              ? new RowWrite(
                  Moves.other(event), RowWrite.Kind.RENAME, there, Row.empty(), entries, here)
              : new RowWrite(
                  item.key(),
                  RowWrite.Kind.MOVE,
                  here,
                  session.convert(entity, state(event)),
                  entries,
                  there));
      entries.clear();
    }
    return plan;
  }

  private static Row state(ChangeEvent event) {
    Row state = event.newValue();
    if (state == null) {
      throw new RejectedException(
          "%s carries no state; its writer must give new_val.".formatted(event));
    }
    return state;
  }

  /**
   * The write of one row. Rows whose ids are one text although their keys differ (MongoDB keeps the
   * number 1 and the text "1" in one collection) form a chain; they share what the ledger says.
   */
  private static final class Pending {
    private final Row key;
    private final Map<String, LedgerEntry> entries;
    private Row keyValues;

    /** How the key was written before the row was deleted and made again with another number. */
    private @Nullable Row from;

    private boolean gone;

    private @Nullable Row values;
    private @Nullable Pending next;

    Pending(Row key, Row keyValues) {
      this(key, keyValues, new LinkedHashMap<>(2));
    }

    private Pending(Row key, Row keyValues, Map<String, LedgerEntry> entries) {
      this.key = key;
      this.keyValues = keyValues;
      this.entries = entries;
    }

    /** The row of the chain that an event is about. */
    Pending of(ChangeEvent event, TargetSession session) {
      return key.equals(event.key()) ? this : of(event.key(), session.convertKey(event));
    }

    private Pending of(Row eventKey, Row converted) {
      if (SameKey.of(keyValues, converted)) {
        return this;
      }
      if (next == null) {
        next = new Pending(eventKey, converted, entries);
      }
      return next.of(eventKey, converted);
    }

    void add(Item item, TargetSession session) {
      ChangeEvent event = item.event();
      entries.put(event.log(), LedgerView.entry(item.key(), event));
      if (event.type() == ChangeType.DELETED) {
        values = null;
        gone = true;
        return;
      }
      if (gone) {
        made(session.convertKey(event));
      }
      Row converted = session.convert(event.entity(), state(event));
      // A whole state says of what it lacks that it is not there.
      values = values == null || !converted.partial() ? converted : merge(values, converted);
    }

    private void made(Row other) {
      gone = false;
      if (!keyValues.equals(other)) {
        from = from == null ? keyValues : from;
        keyValues = other;
      }
    }

    RowWrite write(EntityKey id) {
      Row known = values;
      List<LedgerEntry> all = List.copyOf(entries.values());
      return known == null
          ? new RowWrite(id, RowWrite.Kind.DELETE, keyValues, Row.empty(), all)
          : new RowWrite(id, RowWrite.Kind.UPSERT, keyValues, known, all, from);
    }

    private static Row merge(Row before, Row after) {
      Row.Builder merged = Row.builder().partial(before.partial());
      for (int i = 0; i < before.size(); i++) {
        if (!after.has(before.name(i))) {
          merged.put(before.name(i), before.value(i));
        }
      }
      for (int i = 0; i < after.size(); i++) {
        merged.put(after.name(i), after.value(i));
      }
      return merged.build();
    }
  }
}
