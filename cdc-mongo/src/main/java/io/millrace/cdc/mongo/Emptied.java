package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the ledger says of entities that were emptied as a whole (TRUNCATED), as far as it need not
 * be read again: every transaction of an applier moves an offset and raises its turn, so in a
 * channel of one partition nobody else can have written it where the turn rose by one. With several
 * partitions it is read in every transaction. Used by one thread.
 */
final class Emptied {
  private static final long UNKNOWN = -2;

  private final Map<String, List<LedgerEntry>> known = new HashMap<>();
  private long committed = UNKNOWN;
  private long current = UNKNOWN;

  /**
   * The transaction has moved an offset.
   *
   * @param alone whether it is the only one of its channel
   */
  void moved(boolean alone, long turn) {
    if (!alone || turn != committed + 1) {
      known.clear();
    }
    current = alone ? turn : UNKNOWN;
  }

  /** The transaction was committed. */
  void committed() {
    committed = current;
  }

  /** An entity is being emptied. */
  void forget() {
    known.clear();
  }

  /** Reads what is not known of the keys' entities, if anything. */
  void learn(Collection<EntityKey> keys, Function<Set<EntityKey>, List<LedgerEntry>> ledger) {
    Set<EntityKey> missing =
        keys.stream()
            .map(EntityKey::entity)
            .distinct()
            .filter(entity -> !known.containsKey(entity))
            .map(entity -> new EntityKey(entity, ""))
            .collect(Collectors.toSet());
    if (!missing.isEmpty()) {
      List<LedgerEntry> read = ledger.apply(missing);
      for (EntityKey key : missing) {
        known.put(key.entity(), read.stream().filter(entry -> entry.key().equals(key)).toList());
      }
    }
  }

  /** Whether the whole entity was emptied by this entry's change or a later one. */
  boolean covers(LedgerEntry entry) {
    return known.getOrDefault(entry.key().entity(), List.of()).stream()
        .anyMatch(
            emptied ->
                emptied.log().equals(entry.log())
                    && Arrays.compareUnsigned(entry.version(), emptied.version()) <= 0);
  }
}
