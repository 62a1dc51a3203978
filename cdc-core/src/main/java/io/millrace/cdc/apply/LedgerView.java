package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The ledger rows of a batch's keys, moved on while the batch is decided. Used by one thread. */
final class LedgerView {
  private final Map<EntityKey, Map<String, LedgerEntry>> entries = new HashMap<>();

  LedgerView(List<LedgerEntry> rows) {
    rows.forEach(this::note);
  }

  /** A view to try something on: what is noted there is not noted here. */
  LedgerView copy() {
    LedgerView copy = new LedgerView(List.of());
    entries.forEach((key, logs) -> copy.entries.put(key, new HashMap<>(logs)));
    return copy;
  }

  /** Takes over what a trial that went well noted. */
  void take(LedgerView trial) {
    entries.putAll(trial.entries);
  }

  /** The key under which an entity's truncation is remembered. */
  static EntityKey wholeEntity(String entity) {
    return new EntityKey(entity, "");
  }

  /** Reads what was not asked for yet. */
  void load(TargetTransaction transaction, Set<EntityKey> keys) {
    Set<EntityKey> missing = new LinkedHashSet<>(keys);
    missing.removeAll(entries.keySet());
    if (!missing.isEmpty()) {
      missing.forEach(key -> entries.put(key, new HashMap<>(4)));
      transaction.ledger(missing).forEach(this::note);
    }
  }

  void note(LedgerEntry entry) {
    entries.computeIfAbsent(entry.key(), k -> new HashMap<>(4)).put(entry.log(), entry);
  }

  @Nullable LedgerEntry get(EntityKey key, String log) {
    Map<String, LedgerEntry> logs = entries.get(key);
    return logs == null ? null : logs.get(log);
  }

  /** Whether the ledger knows this event or a later one of its log. */
  boolean stale(EntityKey key, ChangeEvent event) {
    return event.type() != ChangeType.MESSAGE
        && (covers(key, event) || covers(wholeEntity(event.entity()), event));
  }

  private boolean covers(EntityKey key, ChangeEvent event) {
    LedgerEntry known = get(key, event.log());
    return known != null && Arrays.compareUnsigned(event.version().toBytes(), known.version()) <= 0;
  }

  static LedgerEntry entry(EntityKey key, ChangeEvent event) {
    boolean deleted = event.type() == ChangeType.DELETED || event.type() == ChangeType.TRUNCATED;
    return new LedgerEntry(
        key, event.log(), event.version().toBytes(), deleted, null, event.hops());
  }
}
