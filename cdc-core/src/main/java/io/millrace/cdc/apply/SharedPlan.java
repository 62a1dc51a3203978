package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Both sides write: the events of a key are folded in memory over the locked row, and the result is
 * written once.
 */
final class SharedPlan implements EntityPlan {
  private final String entity;
  private final boolean storesAsConverted;
  private final Set<EntityKey> wholes;
  private final List<RowWrite> upserts = new ArrayList<>();
  private final List<RowWrite> deletes = new ArrayList<>();
  private final List<Conflict> conflicts = new ArrayList<>();
  private final Map<EntityKey, Fold> folds = new LinkedHashMap<>();
  private final Map<EntityKey, Row> written = new LinkedHashMap<>();

  /** What the rows belong to that are there when all is folded. */
  private final Set<EntityKey> inhabited = new HashSet<>();

  private SharedPlan(String entity, boolean storesAsConverted, Set<EntityKey> wholes) {
    this.entity = entity;
    this.storesAsConverted = storesAsConverted;
    this.wholes = wholes;
  }

  /**
   * Folds the events of one entity.
   *
   * @param wholes rows that hold own writes which lie in the rows of other entities
   */
  static SharedPlan of(
      String entity,
      List<Item> items,
      TargetSession session,
      TargetTransaction transaction,
      LedgerView ledger,
      Set<EntityKey> wholes) {
    OwnLog own = ownLog(entity, transaction);
    Map<EntityKey, Row> keys = new LinkedHashMap<>();
    Map<EntityKey, List<Item>> byKey = new LinkedHashMap<>();
    for (Item item : items) {
      if (item.role() != Item.Role.UNLISTED) {
        keys.computeIfAbsent(item.key(), key -> session.convertKey(item.event()));
      }
      byKey.computeIfAbsent(item.key(), key -> new ArrayList<>()).add(item);
    }
    Map<EntityKey, Row> current = transaction.lock(entity, keys);
    SharedPlan plan = new SharedPlan(entity, session.storesAsConverted(entity), wholes);
    byKey.forEach(
        (key, events) -> {
          Row keyValues = keys.getOrDefault(key, Row.empty());
          plan.fold(key, keyValues, current.get(key), events, own, session, ledger);
        });
    return plan;
  }

  private static OwnLog ownLog(String entity, TargetTransaction transaction) {
    Optional<OwnLog> own = transaction.ownLog();
    return own.orElseThrow(
        () ->
            new ApplyException(
                "Entity '%s' is shared, but the target database is not registered as a log, so own events cannot be told from foreign ones."
                        .formatted(entity)
                    + " Install its change log (PostgreSQL) or open its source once (MySQL, MariaDB)."));
  }

  private void fold(
      EntityKey key,
      Row keyValues,
      @Nullable Row current,
      List<Item> items,
      OwnLog own,
      TargetSession session,
      LedgerView ledger) {
    LedgerEntry foldRow = ledger.get(key, LedgerEntry.FOLD_LOG);
    byte[] shadow = foldRow == null ? null : foldRow.shadow();
    boolean first = shadow == null;
    FoldState state =
        shadow == null ? FoldState.initial(current != null) : FoldState.decode(key, shadow);
    Fold fold = new Fold(session.fields(entity), state, current == null ? null : hashes(current));
    Map<String, LedgerEntry> entries = new LinkedHashMap<>(4);
    int hops = 0;
    for (Item item : items) {
      ChangeEvent event = item.event();
      boolean isOwn = event.log().equals(own.log()) && event.version().epoch() == own.epoch();
      List<String> held = apply(fold, item, isOwn, session, first && entries.isEmpty());
      if (!isOwn && !held.isEmpty()) {
        conflicts.add(new Conflict(event, current, held));
      }
      entries.put(event.log(), LedgerView.entry(key, event));
      hops = Math.max(hops, event.hops());
    }
    List<LedgerEntry> rows = new ArrayList<>(entries.values());
    rows.add(foldEntry(key, fold.state(), hops));
    if (fold.row() != null) {
      items.forEach(item -> inhabited.add(item.waits()));
    }
    add(key, keyValues, current, fold, rows);
  }

  private List<String> apply(
      Fold fold, Item item, boolean own, TargetSession session, boolean first) {
    ChangeEvent event = item.event();
    if (event.type() == ChangeType.DELETED) {
      return fold.delete(own, wholes.contains(item.key()));
    }
    Row state = event.newValue();
    if (state == null) {
      throw new RejectedException(
          "%s carries no state; its writer must give new_val.".formatted(event));
    }
    if (event.type() == ChangeType.SNAPSHOT && !(first && fold.row() == null)) {
      return List.of(); // a backfill only creates what is missing and has no tombstone
    }
    if (isRemnant(event) && !fold.state().exists) {
      return List.of();
    }
    Row values = session.convert(event.entity(), state);
    List<String> changed =
        item.role() == Item.Role.ELEMENT
            ? fold.differing(values)
            : FieldPath.touched(values.names().asList(), changed(event, state, values));
    return fold.write(changed, values, own);
  }

  /**
   * Whether an update tells a part of a row only: its source found the row gone when it looked.
   * What removed it stands in the channel, before this or after it, so a row that is absent stays
   * so: made of a part, it would be another one than any site has written.
   */
  static boolean isRemnant(ChangeEvent event) {
    Row state = event.newValue();
    return event.type() == ChangeType.UPDATED && state != null && state.partial();
  }

  /** Whether an update put another row in the place of what was there: it names the key, too. */
  static boolean replaces(ChangeEvent event) {
    Row state = event.newValue();
    List<String> key = event.key().names().asList();
    return event.type() == ChangeType.UPDATED
        && state != null
        && !state.partial()
        && FieldPath.touched(key, event.changedFields()).size() == key.size();
  }

  /**
   * What changed. What a new row leaves out was taken away, which no name of a field can tell: it
   * was put in the place of another one, or made where the fold still has one, since the removal of
   * that one stands in the channel before a change that its writer had not seen.
   */
  private static List<String> changed(ChangeEvent event, Row state, Row values) {
    List<String> named = event.changedFields();
    boolean whole = event.type() == ChangeType.CREATED && !state.partial();
    if (!whole && !replaces(event)) {
      return named;
    }
    List<String> changed = new ArrayList<>(named);
    for (String field : values.names().asList()) {
      if (FieldPath.get(state, field) == null) {
        changed.add(field);
      }
    }
    return changed;
  }

  private void add(
      EntityKey key, Row keyValues, @Nullable Row current, Fold fold, List<LedgerEntry> entries) {
    Row.Builder values = Row.builder();
    fold.pending()
        .forEach(
            (field, value) -> {
              Value stored = current == null ? null : current.get(field);
              if (stored == null || FoldHash.of(stored) != FoldHash.of(value)) {
                values.put(field, value);
              }
            });
    Row changed = values.build();
    RowWrite.Kind kind = fold.kind();
    if (kind == RowWrite.Kind.UPDATE && changed.size() == 0) {
      kind = RowWrite.Kind.NONE;
    }
    folds.put(key, fold);
    if (kind == RowWrite.Kind.INSERT || kind == RowWrite.Kind.UPDATE) {
      written.put(key, keyValues);
    }
    (kind == RowWrite.Kind.DELETE ? deletes : upserts)
        .add(new RowWrite(key, kind, keyValues, changed, entries));
  }

  @Override
  public void settle(TargetTransaction transaction, LedgerView ledger) {
    if (!written.isEmpty() && !storesAsConverted) {
      readBack(transaction);
    }
    // A later event of the same transaction folds on from here.
    folds.forEach((key, fold) -> ledger.note(foldEntry(key, fold.state(), 0)));
  }

  private void readBack(TargetTransaction transaction) {
    List<LedgerEntry> moved = new ArrayList<>();
    transaction
        .read(entity, written)
        .forEach(
            (key, row) -> {
              Fold fold = Objects.requireNonNull(folds.get(key));
              if (fold.settle(hashes(row))) {
                moved.add(foldEntry(key, fold.state(), 0));
              }
            });
    if (!moved.isEmpty()) {
      transaction.updateShadows(moved);
    }
  }

  private static LedgerEntry foldEntry(EntityKey key, FoldState state, int hops) {
    return new LedgerEntry(
        key, LedgerEntry.FOLD_LOG, new byte[0], !state.exists, state.encode(), hops);
  }

  private static Map<String, Long> hashes(Row row) {
    Map<String, Long> hashes = new HashMap<>();
    for (int i = 0; i < row.size(); i++) {
      hashes.put(row.name(i), FoldHash.of(row.value(i)));
    }
    return hashes;
  }

  @Override
  public String entity() {
    return entity;
  }

  @Override
  public List<RowWrite> upserts() {
    return upserts;
  }

  @Override
  public List<RowWrite> deletes() {
    return deletes;
  }

  List<Conflict> conflicts() {
    return conflicts;
  }

  /** The keys of the wholes that rows are parts of which are there when all is folded. */
  Set<EntityKey> inhabited() {
    return inhabited;
  }
}
